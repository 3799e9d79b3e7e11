//! One identity domain: `GET /admin/v1/<Resources>` and `POST /admin/v1/<Resources>/.search`.

use super::error::{bad_request, scim_error};
use super::filter::{self, Filter};
use super::listing::{Listing, Selection, holders, user_ids};
use super::misbehavior::Misbehavior;
use super::page::Page;
use super::predicate::bind;
use super::projection::Projection;
use super::query::Query;
use super::rate_limit::RateLimit;
use super::schema::{Attribute, resolve};
use super::{credentials, users};
use crate::journal::Counters;
use crate::reply::Reply;
use crate::resource_type::ResourceType;
use crate::tenancy::Directory;
use crate::wire::Request;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

/// Maximum number of rendered listings per domain.
const MAX_CACHED_LISTINGS: usize = 64;

/// What a rendered listing depends on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct ListingKey {
    resource_type: ResourceType,
    filter: Option<String>,
    projection: Projection,
    sort: Option<(usize, bool)>,
}

/// Filled by the first request that needs it; others wait.
type Slot = Arc<OnceLock<Arc<Listing>>>;

/// A served domain.
#[derive(Debug)]
pub(crate) struct DomainService {
    pub(crate) name: String,
    directory: RwLock<Arc<Directory>>,
    listings: Mutex<HashMap<ListingKey, Slot>>,
    misbehaviors: Mutex<Vec<(Option<ResourceType>, Misbehavior)>>,
    pub(crate) rate_limit: Mutex<Option<RateLimit>>,
}

impl DomainService {
    pub(crate) fn new(name: String, directory: Directory, rate_limit: Option<RateLimit>) -> Self {
        Self {
            name,
            directory: RwLock::new(Arc::new(directory)),
            listings: Mutex::default(),
            misbehaviors: Mutex::default(),
            rate_limit: Mutex::new(rate_limit),
        }
    }

    pub(crate) fn directory(&self) -> Arc<Directory> {
        Arc::clone(
            &self
                .directory
                .read()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// Changes the content and discards the rendered listings.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Directory)) {
        let mut directory = self
            .directory
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut directory));
        self.listings
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    pub(crate) fn misbehave(&self, resource_type: Option<ResourceType>, misbehavior: Misbehavior) {
        self.misbehaviors
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((resource_type, misbehavior));
    }

    pub(crate) fn behave(&self) {
        self.misbehaviors
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// Answers a request with a valid signature.
    pub(crate) fn answer(&self, request: &Request, counters: &Counters) -> Reply {
        let Some((resource_type, search)) = route(request.path()) else {
            return scim_error(404, "error.common.notFound", "The resource does not exist.");
        };
        let query = match (request.method.as_str(), search) {
            ("GET", false) => Query::from_uri(request.query()),
            ("POST", true) => Query::from_search(&request.body),
            _ => {
                return scim_error(
                    405,
                    "error.common.methodNotAllowed",
                    "The method is not supported here.",
                );
            }
        };
        match query {
            Ok(query) => self
                .list(resource_type, &query, counters)
                .unwrap_or_else(|refusal| refusal),
            Err(detail) => bad_request(&detail),
        }
    }

    fn list(
        &self,
        resource_type: ResourceType,
        query: &Query,
        counters: &Counters,
    ) -> Result<Reply, Reply> {
        let misbehaviors = self.misbehaviors_of(resource_type);
        refuse(&misbehaviors, query)?;
        let prepared = self
            .prepare(resource_type, query)
            .map_err(|detail| bad_request(&detail))?;
        counters.unknown_attributes(&prepared.projection.unknown);
        let page = Page::cut(&prepared.listing, query, &misbehaviors);
        counters.secrets_served(prepared.projection.secrets * page.rows);
        let next = match (page.next, misbehaviors.as_slice()) {
            (_, all) if all.contains(&Misbehavior::NeverNextPage) => None,
            (None, all) if all.contains(&Misbehavior::AlwaysNextPage) => {
                Some(query.start_index + query.count.max(1))
            }
            (next, _) => next,
        };
        let reply = Reply::new(200)
            .content_type("application/json;charset=utf-8")
            .body(page.body);
        Ok(match next {
            Some(next) => reply.header("opc-next-page", &next.to_string()),
            None => reply,
        })
    }

    fn misbehaviors_of(&self, resource_type: ResourceType) -> Vec<Misbehavior> {
        let all = self
            .misbehaviors
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        all.iter()
            .filter(|(of, _)| of.is_none_or(|of| of == resource_type))
            .map(|(_, misbehavior)| misbehavior.clone())
            .collect()
    }

    /// Returns the rendered listing of a query, rendering it if necessary.
    pub(crate) fn prepare(
        &self,
        resource_type: ResourceType,
        query: &Query,
    ) -> Result<Prepared, String> {
        let directory = self.directory();
        match resource_type {
            ResourceType::Users => self.prepare_rows(
                resource_type,
                &users::ATTRIBUTES,
                directory.users(),
                &directory,
                query,
            ),
            resource_type => self.prepare_rows(
                resource_type,
                credentials::attributes(resource_type),
                directory.credentials(resource_type),
                &directory,
                query,
            ),
        }
    }

    fn prepare_rows<R>(
        &self,
        resource_type: ResourceType,
        schema: &[Attribute<R>],
        rows: &[R],
        directory: &Directory,
        query: &Query,
    ) -> Result<Prepared, String> {
        let projection = Projection::new(
            schema,
            resource_type.schema(),
            &query.attributes,
            &query.attribute_sets,
        )?;
        let sort = match &query.sort_by {
            Some(path) => match resolve(schema, resource_type.schema(), path) {
                Some((attribute, _)) => Some((attribute, query.reversed)),
                None => return Err(format!("unknown attribute in sortBy: {path}")),
            },
            None => None,
        };
        let filter = query.filter.as_deref().map(filter::parse).transpose()?;
        let predicate = filter
            .as_ref()
            .map(|filter| bind(filter, schema, resource_type.schema()))
            .transpose()?;
        let selection = Selection {
            predicate: predicate.as_ref(),
            sort,
            projection: &projection,
        };

        let limited = filter
            .as_ref()
            .and_then(|filter| positions(resource_type, filter, directory));
        if let Some(mut positions) = limited {
            positions.sort_unstable();
            positions.dedup();
            let few = positions
                .iter()
                .filter_map(|position| rows.get(*position as usize));
            let listing = Arc::new(Listing::render(schema, few, directory, &selection));
            return Ok(Prepared {
                listing,
                projection,
            });
        }
        let key = ListingKey {
            resource_type,
            filter: query.filter.clone(),
            projection: projection.clone(),
            sort,
        };
        let listing = self
            .slot(key)
            .get_or_init(|| Arc::new(Listing::render(schema, rows.iter(), directory, &selection)))
            .clone();
        Ok(Prepared {
            listing,
            projection,
        })
    }

    fn slot(&self, key: ListingKey) -> Slot {
        let mut listings = self.listings.lock().unwrap_or_else(PoisonError::into_inner);
        if listings.len() >= MAX_CACHED_LISTINGS && !listings.contains_key(&key) {
            listings.clear();
        }
        Arc::clone(listings.entry(key).or_default())
    }
}

/// A rendered listing and its projection.
pub(crate) struct Prepared {
    listing: Arc<Listing>,
    projection: Projection,
}

/// The resource type of a path, and whether the path is a `.search`.
pub(crate) fn route(path: &str) -> Option<(ResourceType, bool)> {
    let rest = path.strip_prefix("/admin/v1/")?;
    let (segment, search) = match rest.strip_suffix("/.search") {
        Some(segment) => (segment, true),
        None => (rest, false),
    };
    Some((ResourceType::from_segment(segment)?, search))
}

fn refuse(misbehaviors: &[Misbehavior], query: &Query) -> Result<(), Reply> {
    for misbehavior in misbehaviors {
        match misbehavior {
            Misbehavior::Deny(status) => {
                let detail = "You are not authorized to perform this operation.";
                return Err(scim_error(
                    *status,
                    "error.common.common.unauthorized",
                    detail,
                ));
            }
            Misbehavior::DenyByGateway(status) => {
                let code = if *status == 401 {
                    "NotAuthenticated"
                } else {
                    "NotAuthorizedOrNotFound"
                };
                let message = "Authorization failed or requested resource not found.";
                return Err(Reply::oci_error(*status, code, message));
            }
            Misbehavior::RefuseUnfiltered(status) if query.filter.is_none() => {
                let detail = "The method requires a filter, which was not provided.";
                return Err(scim_error(*status, "error.common.filterRequired", detail));
            }
            Misbehavior::RefuseFilter(part)
                if query
                    .filter
                    .as_deref()
                    .is_some_and(|filter| filter.contains(part)) =>
            {
                return Err(bad_request("The filter is not supported."));
            }
            Misbehavior::RefuseCount(most, status) if query.count > *most => {
                let detail = "The count is too large.";
                return Err(scim_error(*status, "error.common.count", detail));
            }
            Misbehavior::RefuseAttribute(part)
                if query.attributes.iter().any(|name| name.contains(part)) =>
            {
                return Err(bad_request("The attribute is not supported."));
            }
            Misbehavior::RefuseSort if query.sort_by.is_some() => {
                return Err(bad_request("sortBy is not supported."));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Positions of the rows that can match a filter, if it limits them.
fn positions(
    resource_type: ResourceType,
    filter: &Filter,
    directory: &Directory,
) -> Option<Vec<u32>> {
    match resource_type.credential_index() {
        None => {
            let ids = user_ids(filter)?;
            let users = ids.iter().flat_map(|id| directory.users_with_id(id));
            Some(users.copied().collect())
        }
        Some(index) => {
            let holders = holders(filter)?;
            let held = holders.iter().filter_map(|id| directory.held_by(id));
            Some(held.flat_map(|held| held[index].iter().copied()).collect())
        }
    }
}
