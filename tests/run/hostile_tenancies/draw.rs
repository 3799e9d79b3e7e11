//! Draws cases: tenancies, and what their services do.

use fastrand::Rng;
use tenancy_sim::{Misbehavior, ResourceType};

use super::attack::*;
use super::case::{Case, DomainPlan};

const NAMES: [&str; 3] = ["Default", "Dev", "Ops"];
const REFUSALS: [u16; 9] = [400, 400, 400, 405, 413, 401, 403, 404, 500];
const LISTS: [ResourceType; 7] = [
    ResourceType::Users,
    ResourceType::ApiKeys,
    ResourceType::AuthTokens,
    ResourceType::CustomerSecretKeys,
    ResourceType::UserDbCredentials,
    ResourceType::OAuth2ClientCredentials,
    ResourceType::SmtpCredentials,
];

/// Draws the case of a seed.
pub(super) fn case(seed: u64) -> Case {
    let random = &mut Rng::with_seed(seed);
    let count = one_of(random, &[1, 1, 2, 3]);
    let domains: Vec<_> = NAMES[..count]
        .iter()
        .map(|name| domain(random, name))
        .collect();
    let discovers = random.u8(0..3) == 0;
    let mut case = Case {
        seed,
        domains,
        discovers,
        follows_a_run: random.u8(0..6) == 0,
        seconds: one_of(random, &[20, 30, 60, 100]),
        attacks: Vec::new(),
    };
    if random.bool() {
        let drawn = conspiracy(random, &case);
        case.attacks.extend(drawn);
    }
    for _ in 0..random.usize(1..4) {
        let drawn = attacks(random, &case);
        case.attacks.extend(drawn);
    }
    keep_one(&mut case.attacks, |attack| {
        matches!(attack, Attack::Namespace { .. })
    });
    keep_one(&mut case.attacks, |attack| {
        matches!(attack, Attack::Publish { .. })
    });
    case
}

/// Two of some attacks prevent what the program can recover from once.
fn keep_one(attacks: &mut Vec<Attack>, is_one: impl Fn(&Attack) -> bool) {
    let mut found = false;
    attacks.retain(|attack| !is_one(attack) || !std::mem::replace(&mut found, true));
}

/// Attacks that hide rows only together.
fn conspiracy(random: &mut Rng, case: &Case) -> Vec<Attack> {
    let at = credentials(random, case);
    let users = List {
        of: ResourceType::Users,
        ..at
    };
    let everybody = Chosen {
        one_in: 1,
        salt: 0,
        others: false,
    };
    let claims = |users, how| Attack::Claims {
        domain: at.domain,
        users,
        how,
    };
    let nobody = claims(everybody, Claims::Absent);
    let refuse = |at, forms: &[Form], status| Attack::Refuse {
        at,
        forms: forms.to_vec(),
        status,
        times: Times::Always,
    };
    let status = one_of(random, &[400, 405, 413]);
    let whole = &Form::ALL[..4];
    let rows = random.usize(1..20);
    let unclaimed = Attack::Silence { at, claimed: false };
    let page = |at, items_per_page| Attack::TotalOfPage {
        at,
        rows,
        items_per_page,
    };
    match random.u8(0..10) {
        0 => vec![refuse(at, &Form::ALL, status), unclaimed],
        1 => vec![
            refuse(at, &Form::ALL, status),
            claims(chosen(random), Claims::Absent),
        ],
        2 => vec![
            refuse(at, whole, status),
            claims(chosen(random), Claims::Absent),
        ],
        3 => vec![
            refuse(at, whole, status),
            claims(chosen(random), Claims::Absent),
            page(users, ItemsPerPage::Rows),
        ],
        4 => vec![page(at, ItemsPerPage::Rows), nobody],
        5 => vec![
            page(users, ItemsPerPage::Rows),
            Attack::Shuffle {
                at: users,
                salt: random.u64(..),
            },
        ],
        6 => vec![
            Attack::Move {
                at,
                rows,
                request: random.u64(1..3),
            },
            nobody,
        ],
        7 => vec![
            refuse(at, &Form::ALL[..2], status),
            claims(chosen(random), Claims::Absent),
        ],
        8 => vec![refuse(users, &Form::ALL[..2], status)],
        _ => vec![unclaimed, nobody],
    }
}

fn domain(random: &mut Rng, name: &'static str) -> DomainPlan {
    DomainPlan {
        name,
        users: one_of(random, &[0, 1, 3, 8, 20, 49, 60]),
        salt: random.u64(..),
        recent: random.u8(0..3) > 0,
        undated: random.u8(0..4) == 0,
        not_listed: if random.u8(0..4) == 0 { 2 } else { 0 },
        empty: (random.u8(0..3) == 0).then(|| random.usize(..6)),
    }
}

fn any_list(random: &mut Rng, case: &Case) -> List {
    List {
        domain: random.usize(..case.domains.len()),
        of: one_of(random, &LISTS),
    }
}

fn credentials(random: &mut Rng, case: &Case) -> List {
    List {
        of: one_of(random, &LISTS[1..]),
        ..any_list(random, case)
    }
}

fn chosen(random: &mut Rng) -> Chosen {
    Chosen {
        one_in: one_of(random, &[1, 2, 3, 7]),
        salt: random.u64(..),
        others: random.u8(0..4) == 0,
    }
}

fn times(random: &mut Rng) -> Times {
    match random.u8(0..4) {
        0 => Times::First(random.u64(1..4)),
        1 => Times::Every(random.u64(2..4)),
        _ => Times::Always,
    }
}

/// One attack, or several that belong together.
fn attacks(random: &mut Rng, case: &Case) -> Vec<Attack> {
    match random.u8(0..24) {
        0..4 => refusals(random, case),
        4..7 => vec![claims(random, case)],
        7..12 => vec![page_or_total(random, case)],
        12..15 => rows(random, case),
        15 => vec![body(random, case)],
        16..19 => vec![echo(random, case)],
        19 => {
            let (status, first) = one_of(
                random,
                &[(401, 1), (403, 1), (404, 1), (500, 1), (500, 3), (503, 2)],
            );
            vec![Attack::Namespace { status, first }]
        }
        20 => vec![put(random)],
        21..23 => vec![publish(random)],
        _ => vec![domains(random, case)],
    }
}

/// Each form of the request at random, often all of them, and sometimes with claims of another type only.
fn refusals(random: &mut Rng, case: &Case) -> Vec<Attack> {
    let at = any_list(random, case);
    let all = random.bool();
    let forms: Vec<_> = Form::ALL
        .into_iter()
        .filter(|_| all || random.bool())
        .collect();
    let (common, one_status) = (one_of(random, &REFUSALS), random.bool());
    let times = times(random);
    let refuse = |form, status| Attack::Refuse {
        at,
        forms: vec![form],
        status,
        times,
    };
    let mut drawn: Vec<_> = if one_status {
        vec![Attack::Refuse {
            at,
            forms,
            status: common,
            times,
        }]
    } else {
        let each = forms.into_iter();
        each.map(|form| refuse(form, one_of(random, &REFUSALS)))
            .collect()
    };
    match random.u8(0..4) {
        0 => drawn.push(Attack::Silence {
            at: List {
                of: one_of(random, &LISTS[1..]),
                ..at
            },
            claimed: false,
        }),
        1 => drawn.push(claims(random, case)),
        _ => {}
    }
    drawn
}

fn claims(random: &mut Rng, case: &Case) -> Attack {
    use Claims::*;
    Attack::Claims {
        domain: random.usize(..case.domains.len()),
        users: chosen(random),
        how: match random.u8(0..6) {
            0 | 1 => Absent,
            2 => WithoutValue,
            3 => Extension(one_of(
                random,
                &[
                    "\"apiKeys\"",
                    "[]",
                    "[{\"apiKeys\":[]}]",
                    "7",
                    "true",
                    "null",
                    "{}",
                ],
            )),
            _ => List(one_of(
                random,
                &[
                    "7",
                    "\"a\"",
                    "true",
                    "[17]",
                    "[\"a\"]",
                    "[null]",
                    "[[]]",
                    "[{}]",
                    "[{\"value\":17}]",
                    "[{\"value\":\"\"}]",
                    "[{\"value\":null}]",
                    "[{\"value\":{\"a\":1}}]",
                    "{}",
                    "{\"value\":17}",
                    "null",
                    "[]",
                ],
            )),
        },
    }
}

fn page_or_total(random: &mut Rng, case: &Case) -> Attack {
    let at = any_list(random, case);
    let number = random.usize(1..30);
    let how = match random.u8(0..14) {
        0..3 => {
            return Attack::TotalOfPage {
                at,
                rows: number,
                items_per_page: one_of(
                    random,
                    &[
                        ItemsPerPage::Rows,
                        ItemsPerPage::Requested,
                        ItemsPerPage::Absent,
                    ],
                ),
            };
        }
        3 => {
            return Attack::Total {
                at,
                how: one_of(
                    random,
                    &[
                        FalseTotal::Moving,
                        FalseTotal::Absent,
                        FalseTotal::Text,
                        FalseTotal::Negative,
                        FalseTotal::Off(-3),
                    ],
                ),
            };
        }
        4 => {
            return Attack::Move {
                at: credentials(random, case),
                rows: number,
                request: random.u64(1..3),
            };
        }
        5 => {
            return Attack::Shuffle {
                at,
                salt: random.u64(..),
            };
        }
        6 => Misbehavior::TotalResults(random.i64(-20..20)),
        7 => Misbehavior::ClampPages(number),
        8 => Misbehavior::ShortPages(number),
        9 => Misbehavior::RepeatPages,
        10 => Misbehavior::OverlapPages(number),
        11 => Misbehavior::HideRows(number),
        12 => Misbehavior::OmitRows(number),
        _ => Misbehavior::NoResourcesWhenEmpty,
    };
    Attack::Misbehave { at, how }
}

fn rows(random: &mut Rng, case: &Case) -> Vec<Attack> {
    let (at, rows) = (any_list(random, case), chosen(random));
    let drawn = match random.u8(0..8) {
        0..2 => Attack::Drop {
            at,
            rows,
            counted: random.u8(0..3) == 0,
            claimed: random.bool(),
        },
        2..4 => {
            let at = credentials(random, case);
            let silence = Attack::Silence {
                at,
                claimed: random.u8(0..4) == 0,
            };
            // Often without any claims in the domain.
            let nobody = Attack::Claims {
                domain: at.domain,
                users: Chosen {
                    one_in: 1,
                    salt: 0,
                    others: false,
                },
                how: Claims::Absent,
            };
            return if random.bool() {
                vec![silence, nobody]
            } else {
                vec![silence]
            };
        }
        4 => Attack::Twice {
            at: credentials(random, case),
            rows,
            created: one_of(
                random,
                &[
                    "2021-01-01T00:00:00.000Z",
                    "2026-11-01T00:00:00.000Z",
                    "01/02/2020",
                ],
            ),
        },
        5 => Attack::MalformedId {
            at,
            rows,
            id: one_of(
                random,
                &["17", "null", "\"\"", "[\"a\"]", "{\"value\":\"a\"}"],
            ),
        },
        _ => Attack::NotBoolean {
            domain: at.domain,
            users: rows,
            attribute: one_of(
                random,
                &[
                    "active",
                    "canUseApiKeys",
                    "canUseSmtpCredentials",
                    "canUseAuthTokens",
                ],
            ),
            value: one_of(random, &["\"yes\"", "\"falsely\"", "1", "0", "null", "[]"]),
        },
    };
    vec![drawn]
}

fn body(random: &mut Rng, case: &Case) -> Attack {
    let body = match random.u8(0..3) {
        0 => FalseBody::Error,
        1 => FalseBody::Is(one_of(
            random,
            &[
                "",
                "[]",
                "null",
                "\"a\"",
                "{}",
                "{\"totalResults\":0}",
                "{\"Resources\":[]}",
                "<html></html>",
                "{\"totalResults\":",
            ],
        )),
        _ => FalseBody::Resources(one_of(
            random,
            &[
                "null",
                "\"a\"",
                "{}",
                "{\"id\":\"a\"}",
                "[null]",
                "[17]",
                "[[]]",
            ],
        )),
    };
    Attack::Body {
        at: any_list(random, case),
        body,
        times: times(random),
    }
}

fn echo(random: &mut Rng, case: &Case) -> Attack {
    let at = any_list(random, case);
    let status = one_of(random, &[400, 401, 403, 404, 409, 500]);
    let place = match random.u8(0..18) {
        0 => EchoPlace::ListString(at),
        1 => EchoPlace::Resources(at),
        2 => EchoPlace::ResourcesKey(at),
        3 => EchoPlace::Total(at),
        4 => EchoPlace::ScimError(at, status),
        5 => EchoPlace::GatewayError(at, status),
        6 => EchoPlace::Html(at, status),
        7 => EchoPlace::Header(
            at,
            one_of(
                random,
                &[
                    "opc-request-id",
                    "retry-after",
                    "date",
                    "content-type",
                    "x-oracle-dms-ecid",
                ],
            ),
        ),
        8 => {
            let texts = [
                "userName",
                "displayName",
                "description",
                "fingerprint",
                "name",
                "created",
                "emails",
                "ocid",
                "id",
            ];
            EchoPlace::Row(at, one_of(random, &texts))
        }
        9 => EchoPlace::Namespace,
        10 => EchoPlace::Storage(status),
        11 => EchoPlace::ObjectNames,
        12 => EchoPlace::Object(one_of(
            random,
            &["manifest.json", "findings.jsonl", "delivered.json"],
        )),
        13 => EchoPlace::Publish(status),
        14 => EchoPlace::MessageId,
        15 => EchoPlace::Iam(status),
        _ => EchoPlace::IamRow(one_of(
            random,
            &[
                "displayName",
                "url",
                "id",
                "licenseType",
                "lifecycleState",
                "name",
                "regionName",
            ],
        )),
    };
    Attack::Echo {
        place,
        part: match random.u8(0..8) {
            0 => EchoPart::Token,
            1 => EchoPart::Signature,
            2 => EchoPart::Piece(random.usize(40..120)),
            _ => EchoPart::Header,
        },
        times: times(random),
        padded: random.u8(0..6) == 0,
    }
}

fn put(random: &mut Rng) -> Attack {
    Attack::Put {
        object: one_of(
            random,
            &[
                "credentials.csv",
                "expiry-",
                "report.html",
                "manifest.json",
                "delivered.json",
                "/",
            ],
        ),
        how: match random.u8(0..6) {
            0 => FalsePut::Hang,
            1 => FalsePut::Drip,
            2 => FalsePut::Status(one_of(random, &[400, 401, 404, 429, 500, 503])),
            3 => FalsePut::LostAnswer,
            _ => FalsePut::Corrupt,
        },
    }
}

fn publish(random: &mut Rng) -> Attack {
    Attack::Publish {
        how: match random.u8(0..7) {
            0 => FalsePublish::Status(503),
            1 => FalsePublish::RetryAfter(502),
            2 => FalsePublish::RetryAfter(503),
            3 => FalsePublish::Reset,
            4 => FalsePublish::LostAnswer,
            5 => FalsePublish::Status(429),
            _ => FalsePublish::TokenReplaced,
        },
        milliseconds: random.u64(50..1500),
    }
}

fn domains(random: &mut Rng, case: &Case) -> Attack {
    if random.u8(0..3) == 0 {
        return Attack::Iam {
            path: one_of(random, &["regionSubscriptions", "compartments", "domains"]),
            status: one_of(random, &[400, 401, 403, 404, 500]),
        };
    }
    Attack::DomainRow {
        domain: random.usize(..case.domains.len()),
        how: one_of(
            random,
            &[
                FalseDomainRow::SameId,
                FalseDomainRow::NoId,
                FalseDomainRow::NumericId,
                FalseDomainRow::NoUrl,
                FalseDomainRow::NumericUrl,
                FalseDomainRow::Text,
                FalseDomainRow::Dropped,
            ],
        ),
    }
}
