"""Tests every service of the tenancy simulator with Oracle's SDK.

    python3 tests/legacy_scripts/check_sdk.py [--program PATH]

If a request of the SDK is refused, or the SDK cannot read a response, the simulator is wrong.
Python needs the SDK (pip install oci).
"""

import argparse
import base64
import datetime
import hashlib
import os
import pathlib
import tempfile
import unittest

import oci
from oci.auth.signers import (
    InstancePrincipalsDelegationTokenSigner,
    InstancePrincipalsSecurityTokenSigner,
    SecurityTokenSigner,
    get_resource_principals_signer,
)
from oci.exceptions import ServiceError

from simulator import tenancy

URN = "urn:ietf:params:scim:schemas:oracle:idcs:extension:"
NO_RETRY = oci.retry.NoneRetryStrategy()
served = {}


def clients(signer=None):
    config = oci.config.from_file(served["config"])
    more = {"signer": signer} if signer else {}
    environment = served["environment"]
    iam = environment["AUDIT_IDENTITY_ENDPOINT"].replace("{region}", served["region"])
    return {
        "domain": oci.identity_domains.IdentityDomainsClient(config, served["domain_url"], **more),
        "iam": oci.identity.IdentityClient(config, service_endpoint=iam, retry_strategy=NO_RETRY, **more),
        "storage": oci.object_storage.ObjectStorageClient(
            config, service_endpoint=environment["AUDIT_OBJECT_STORAGE_ENDPOINT"], retry_strategy=NO_RETRY, **more
        ),
        "topics": oci.ons.NotificationDataPlaneClient(
            config, service_endpoint=environment["AUDIT_NOTIFICATIONS_ENDPOINT"], **more
        ),
        "metrics": oci.monitoring.MonitoringClient(
            config, service_endpoint=environment["AUDIT_MONITORING_ENDPOINT"], retry_strategy=NO_RETRY, **more
        ),
        "mail": oci.email_data_plane.EmailDPClient(
            config, service_endpoint=environment["AUDIT_EMAIL_ENDPOINT"], retry_strategy=NO_RETRY, **more
        ),
        "search": oci.loggingsearch.LogSearchClient(
            config,
            service_endpoint=environment["AUDIT_LOGGING_SEARCH_ENDPOINT"].replace("{region}", served["region"]) + "/20190909",
            **more,
        ),
    }


class IdentityDomains(unittest.TestCase):
    def setUp(self):
        self.domain = clients()["domain"]

    def test_pages_by_start_index_join(self):
        seen, start = [], 1
        while True:
            page = self.domain.list_users(start_index=start, count=7, sort_by="ocid", attributes="id,ocid,userName").data
            if not page.resources:
                break
            self.assertEqual(page.items_per_page, 7)
            self.assertEqual(page.total_results, served["users"])
            seen += page.resources
            start += len(page.resources)
        self.assertEqual(len({user.id for user in seen}), served["users"])
        self.assertEqual([user.ocid for user in seen], sorted(user.ocid for user in seen))

    def test_pages_by_header_join(self):
        pages = oci.pagination.list_call_get_all_results_generator(
            self.domain.list_users, "response", attributes="id", count=9
        )
        self.assertEqual(sum(len(page.data.resources) for page in pages), served["users"])

    def test_every_type_lists_unfiltered_without_secrets(self):
        credentials = 0
        for method in (
            self.domain.list_api_keys,
            self.domain.list_auth_tokens,
            self.domain.list_customer_secret_keys,
            self.domain.list_user_db_credentials,
            self.domain.list_o_auth2_client_credentials,
            self.domain.list_smtp_credentials,
        ):
            data = method(attributes="id,ocid,meta.created,expiresOn,user.value,user.ocid", count=1000).data
            self.assertEqual(len(data.resources), data.total_results)
            self.assertNotIn("SECRET-", str(data))
            self.assertTrue(all(row.user.value and row.user.ocid for row in data.resources))
            self.assertIsInstance(next(row.meta.created for row in data.resources if row.meta), str)
            credentials += data.total_results
        self.assertEqual(credentials, served["credentials"])

    def test_without_attributes_secrets_are_returned(self):
        token = self.domain.list_auth_tokens(count=1).data.resources[0]
        self.assertTrue(token.token.startswith("SECRET-token-"))
        self.assertIsNone(token.status)

    def test_user_names_are_unchanged(self):
        names = {user.user_name for user in self.domain.list_users(count=1000).data.resources}
        self.assertIn("=cmd|'/c calc'!A1", names)
        self.assertIn("王小明@example.com", names)
        self.assertIn("line\nbreak@example.com", names)

    def test_extensions(self):
        attributes = f"userName,active,groups,{URN}capabilities:User,{URN}userCredentials:User,"
        attributes += f"{URN}userState:User:lastSuccessfulLoginDate,{URN}user:User:isFederatedUser"
        users = self.domain.list_users(attributes=attributes, count=1000).data.resources
        extension = "urn_ietf_params_scim_schemas_oracle_idcs_extension_"
        capable = [getattr(user, extension + "capabilities_user") for user in users]
        self.assertTrue(any(one is None for one in capable))
        self.assertTrue(any(one and one.can_use_o_auth2_client_credentials for one in capable))
        holding = [getattr(user, extension + "user_credentials_user") for user in users]
        self.assertTrue(any(one is None for one in holding))
        self.assertTrue(any(one and one.o_auth2_client_credentials for one in holding))
        self.assertTrue(any(group.display == "Administrators" for user in users for group in user.groups))
        state = [getattr(user, extension + "user_state_user") for user in users]
        self.assertTrue(any(one and one.last_successful_login_date for one in state))
        self.assertTrue(all(one is None or one.login_attempts is None for one in state))

    def test_groups_are_returned_on_request_only(self):
        self.assertIsNone(self.domain.list_users(count=1).data.resources[0].groups)

    def test_search_with_a_chain_of_users(self):
        users = self.domain.list_users(count=50, attributes="id").data.resources
        chain = " or ".join(f'user.value eq "{user.id}"' for user in users)
        found = self.domain.search_api_keys(
            api_key_search_request=oci.identity_domains.models.ApiKeySearchRequest(
                schemas=["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
                filter=chain,
                attributes=["id", "user.value"],
                count=1000,
            )
        ).data
        ids = {user.id for user in users}
        self.assertGreater(found.total_results, 0)
        self.assertTrue(all(row.user.value in ids for row in found.resources))

    def test_chronological_filter(self):
        everything = self.domain.list_smtp_credentials(attributes="id", count=1000).data.total_results
        filters = ['meta.created ge "1970-01-01T00:00:00.000Z"', 'meta.created ge "2026-01-01T00:00:00+02:00"']
        since = [self.domain.list_smtp_credentials(filter=text, attributes="id").data.total_results for text in filters]
        self.assertLess(since[0], everything, "undated rows match no comparison")
        self.assertLess(since[1], since[0])

    def test_errors_are_scim_errors(self):
        with self.assertRaises(ServiceError) as caught:
            self.domain.list_users(filter="userName in x")
        self.assertEqual(caught.exception.status, 400)
        self.assertIsNone(caught.exception.code)


class Principals(unittest.TestCase):
    def lists(self, signer):
        self.assertEqual(clients(signer)["domain"].list_users(count=1).data.total_results, served["users"])
        self.assertEqual(clients(signer)["storage"].get_namespace().data, served["namespace"])
        found = clients(signer)["domain"].search_users(
            user_search_request=oci.identity_domains.models.UserSearchRequest(
                schemas=["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], attributes=["id"], count=1
            )
        )
        self.assertEqual(found.data.total_results, served["users"])

    def test_security_token(self):
        session = oci.config.from_file(served["config"], "SESSION")
        token = pathlib.Path(session["security_token_file"]).read_text()
        self.lists(SecurityTokenSigner(token, oci.signer.load_private_key_from_file(session["key_file"])))

    def test_resource_principal(self):
        os.environ.update({k: v for k, v in served["environment"].items() if k.startswith("OCI_")})
        self.lists(get_resource_principals_signer())

    def instance_signer(self, signer, **more):
        environment = served["instance_environment"]
        os.environ["OCI_METADATA_BASE_URL"] = environment["OCI_METADATA_BASE_URL"]
        return signer(federation_endpoint=environment["OCI_CLI_FEDERATION_ENDPOINT"], **more)

    def test_instance_principal(self):
        signer = self.instance_signer(InstancePrincipalsSecurityTokenSigner)
        self.assertEqual((signer.region, signer.tenancy_id), (served["region"], served["tenancy"]))
        self.lists(signer)
        signer.refresh_security_token()
        self.lists(signer)

    def test_delegation_token(self):
        profile = oci.config.from_file(served["config"], "CLOUDSHELL")
        token = pathlib.Path(profile["delegation_token_file"]).read_text()
        self.lists(self.instance_signer(InstancePrincipalsDelegationTokenSigner, delegation_token=token))
        with self.assertRaises(ServiceError) as caught:
            self.lists(self.instance_signer(InstancePrincipalsDelegationTokenSigner, delegation_token=token[:-8]))
        self.assertEqual((caught.exception.status, caught.exception.code), (401, "NotAuthenticated"))

    def test_key_of_another_caller_is_refused(self):
        session = oci.config.from_file(served["config"], "SESSION")
        config = {**oci.config.from_file(served["config"]), "key_file": session["key_file"]}
        with self.assertRaises(ServiceError) as caught:
            oci.identity_domains.IdentityDomainsClient(config, served["domain_url"]).list_users()
        self.assertEqual((caught.exception.status, caught.exception.code), (401, "NotAuthenticated"))


class Iam(unittest.TestCase):
    def setUp(self):
        self.iam = clients()["iam"]

    def test_lists(self):
        regions = self.iam.list_region_subscriptions(served["tenancy"]).data
        self.assertEqual([(region.region_name, region.is_home_region) for region in regions], [(served["region"], True)])
        domains = oci.pagination.list_call_get_all_results(
            self.iam.list_domains, served["tenancy"], lifecycle_state="ACTIVE"
        ).data
        self.assertEqual([(domain.display_name, domain.type) for domain in domains], [("Default", "DEFAULT")])
        self.assertEqual(domains[0].url, served["domain_url"])
        self.assertIsInstance(domains[0].time_created, datetime.datetime)
        below = self.iam.list_compartments(served["tenancy"], compartment_id_in_subtree=True, access_level="ANY").data
        self.assertEqual(below, [])

    def test_unknown_compartment_is_not_found(self):
        with self.assertRaises(ServiceError) as caught:
            self.iam.list_domains("ocid1.compartment.oc1..nowhere")
        self.assertEqual((caught.exception.status, caught.exception.code), (404, "NotAuthorizedOrNotFound"))


class ObjectStorage(unittest.TestCase):
    def setUp(self):
        self.storage = clients()["storage"]
        self.place = (served["namespace"], served["bucket"])

    def test_put_head_get(self):
        name, body = "2026/01/15/report ü+%.csv", "Größe\r\n".encode()
        md5 = base64.b64encode(hashlib.md5(body).digest()).decode()
        put = self.storage.put_object(
            *self.place, name, body, content_md5=md5, content_type="text/csv", if_none_match="*", opc_meta={"run": "1"}
        )
        self.assertEqual(put.status, 200)
        self.assertEqual(put.headers["opc-content-md5"], md5)
        head = self.storage.head_object(*self.place, name)
        self.assertEqual((head.headers["content-length"], head.headers["content-md5"]), (str(len(body)), md5))
        got = self.storage.get_object(*self.place, name)
        self.assertEqual((got.data.content, got.headers["content-type"], got.headers["opc-meta-run"]), (body, "text/csv", "1"))
        with self.assertRaises(ServiceError) as caught:
            self.storage.put_object(*self.place, name, body, if_none_match="*")
        self.assertEqual((caught.exception.status, caught.exception.code), (412, "IfNoneMatchFailed"))

    def test_refusals(self):
        for call, expected in (
            (lambda: self.storage.get_object(*self.place, "nothing"), (404, "ObjectNotFound")),
            (lambda: self.storage.head_object(*self.place, "nothing"), (404, None)),
            (lambda: self.storage.list_objects(self.place[0], "elsewhere"), (404, "BucketNotFound")),
            (lambda: self.storage.list_objects("elsewhere", self.place[1]), (404, "NamespaceNotFound")),
            (lambda: self.storage.put_object(*self.place, "line\nbreak", b""), (400, "InvalidObjectName")),
            (
                lambda: self.storage.put_object(*self.place, "x", b"x", content_md5="AAAAAAAAAAAAAAAAAAAAAA=="),
                (400, "UnmatchedContentMD5"),
            ),
        ):
            with self.assertRaises(ServiceError) as caught:
                call()
            status, code = expected
            self.assertEqual(caught.exception.status, status)
            if code:
                self.assertEqual(caught.exception.code, code)

    def test_empty_object_and_stream_are_stored(self):
        self.storage.put_object(*self.place, "sizes/empty", b"")
        with tempfile.TemporaryFile() as file:
            file.write(b"x" * 3_000_000)
            file.seek(0)
            self.storage.put_object(*self.place, "sizes/large", file)
        listed = self.storage.list_objects(*self.place, prefix="sizes/", fields="name,size,md5,timeCreated").data.objects
        self.assertEqual([(one.name, one.size) for one in listed], [("sizes/empty", 0), ("sizes/large", 3_000_000)])

    def test_folders_and_pages(self):
        for name in ("days/2026/01/a", "days/2026/01/b", "days/2026/02/a", "days/readme"):
            self.storage.put_object(*self.place, name, b"x")
        listed = self.storage.list_objects(*self.place, prefix="days/", delimiter="/").data
        self.assertEqual((listed.prefixes, [one.name for one in listed.objects]), (["days/2026/"], ["days/readme"]))
        everything = oci.pagination.list_call_get_all_results(
            self.storage.list_objects, *self.place, prefix="days/", limit=1
        ).data.objects
        self.assertEqual(len(everything), 4)


class Notifications(unittest.TestCase):
    def setUp(self):
        self.topics = clients()["topics"]

    def publish(self, topic, body):
        return self.topics.publish_message(topic, oci.ons.models.MessageDetails(title="Title", body=body))

    def test_publish(self):
        answer = self.publish(served["topic"], "Größe")
        self.assertEqual(answer.status, 202)
        self.assertTrue(answer.data.message_id)
        self.assertIsInstance(answer.data.time_stamp, datetime.datetime)

    def test_refusals(self):
        for topic, body, status in (
            ("ocid1.onstopic.oc1.phx.nowhere", "x", 404),
            (served["topic"], "x" * 65536, 413),
            (served["topic"], "", 400),
        ):
            with self.assertRaises(ServiceError) as caught:
                self.publish(topic, body)
            self.assertEqual(caught.exception.status, status)


class Monitoring(unittest.TestCase):
    def setUp(self):
        self.metrics = clients()["metrics"]

    def metric(self, name, **other):
        details = {
            "namespace": "from_the_sdk",
            "compartment_id": served["tenancy"],
            "name": name,
            "dimensions": {"tenancy": served["tenancy"]},
            "metadata": {"unit": "credentials"},
            "datapoints": [
                oci.monitoring.models.Datapoint(timestamp=datetime.datetime.now(datetime.timezone.utc), value=3.0, count=1)
            ],
        }
        return oci.monitoring.models.MetricDataDetails(**{**details, **other})

    def post(self, *metrics, **other):
        details = oci.monitoring.models.PostMetricDataDetails(metric_data=list(metrics), **other)
        return self.metrics.post_metric_data(details)

    def test_post_and_list(self):
        answer = self.post(self.metric("overdue"), self.metric("due"))
        self.assertEqual((answer.status, answer.data.failed_metrics_count), (200, 0))
        listed = self.metrics.list_metrics(
            served["tenancy"], oci.monitoring.models.ListMetricsDetails(namespace="from_the_sdk", name="overdue")
        ).data
        self.assertEqual([(one.name, one.dimensions) for one in listed], [("overdue", {"tenancy": served["tenancy"]})])

    def test_failures_inside_a_success(self):
        answer = self.post(self.metric("people"), self.metric("people2", dimensions={}))
        self.assertEqual((answer.status, answer.data.failed_metrics_count), (200, 1))
        failed = answer.data.failed_metrics[0]
        self.assertEqual(failed.metric_data.name, "people2")
        self.assertIn("dimensions can not be null or empty", failed.message)

    def test_refusals(self):
        day = datetime.timedelta(days=1)
        old = oci.monitoring.models.Datapoint(timestamp=datetime.datetime.now(datetime.timezone.utc) - day, value=1.0)
        for metrics, other, status in (
            ([self.metric("overdue", namespace="oci_x")], {}, 400),
            ([self.metric("overdue", datapoints=[old])], {}, 400),
            ([self.metric("overdue", compartment_id="ocid1.compartment.oc1..nowhere")], {}, 404),
            ([self.metric(f"metric{number}") for number in range(51)], {}, 400),
            ([self.metric("overdue"), self.metric("due", dimensions={})], {"batch_atomicity": "ATOMIC"}, 400),
        ):
            with self.assertRaises(ServiceError) as caught:
                self.post(*metrics, **other)
            self.assertEqual(caught.exception.status, status)


class EmailDelivery(unittest.TestCase):
    def setUp(self):
        self.mail = clients()["mail"]

    def submit(self, **other):
        models = oci.email_data_plane.models
        sender = models.Sender(
            sender_address=models.EmailAddress(email=other.pop("sender", served["approved_sender"]), name="Größe"),
            compartment_id=other.pop("compartment", served["tenancy"]),
        )
        to = [models.EmailAddress(email=email) for email in other.pop("to", ["jane.roe@example.com"])]
        details = {"subject": "Größe", "body_text": "text", "body_html": "<p>text</p>", **other}
        return self.mail.submit_email(
            models.SubmitEmailDetails(sender=sender, recipients=models.Recipients(to=to), **details)
        )

    def test_submit(self):
        answer = self.submit(message_id="run.1@example.com")
        self.assertEqual((answer.status, answer.data.message_id), (200, "run.1@example.com"))
        self.assertEqual(answer.data.suppressed_recipients, [])
        self.assertTrue(answer.data.envelope_id)
        self.assertIn("@", self.submit(body_html=None).data.message_id)

    def test_refusals(self):
        for other, status in (
            ({"sender": "somebody@example.com"}, 404),
            ({"compartment": "ocid1.compartment.oc1..nowhere"}, 404),
            ({"to": []}, 400),
            ({"to": ["größe@example.com"]}, 400),
            ({"to": [f"user{number}@example.com" for number in range(51)]}, 400),
            ({"subject": ""}, 400),
            ({"body_text": None, "body_html": None}, 400),
            ({"message_id": "two words"}, 400),
            ({"body_text": "x" * (2 * 1024 * 1024)}, 413),
        ):
            with self.assertRaises(ServiceError) as caught:
                self.submit(**other)
            self.assertEqual(caught.exception.status, status, other if len(str(other)) < 200 else "")


class LoggingSearch(unittest.TestCase):
    """The queries of an audit, and that of the CIS benchmark for one key."""

    def search(self, query, days=14, **more):
        end = datetime.datetime(2026, 1, 15, 6, tzinfo=datetime.timezone.utc)
        details = oci.loggingsearch.models.SearchLogsDetails(
            time_start=end - datetime.timedelta(days=days),
            time_end=end,
            search_query=f'search "{served["tenancy"]}/_Audit_Include_Subcompartment" | {query}',
            is_return_field_info=more.pop("fields", False),
        )
        return clients()["search"].search_logs(details, **more)

    def grouped(self, **more):
        return self.search(
            f"where data.identity.credentials='{served['tenancy']}/*' and data.response.status!='401' "
            "| summarize max(datetime) as last by data.identity.credentials",
            **more,
        )

    def test_keys_and_their_last_use(self):
        answer = self.grouped(fields=True).data
        rows = [result.data for result in answer.results]
        self.assertGreater(len(rows), 5)
        self.assertEqual(answer.summary.result_count, len(rows))
        self.assertEqual({field.field_name for field in answer.fields}, set(rows[0]))
        for row in rows:
            tenancy, user, fingerprint = row["data.identity.credentials"].split("/")
            self.assertEqual((tenancy, len(fingerprint)), (served["tenancy"], 47))
            self.assertTrue(user.startswith("ocid1.user."))
            self.assertIsInstance(row["last"], int)

    def test_pages(self):
        whole, page, pages = self.grouped().data.results, None, []
        while True:
            answer = self.grouped(limit=3, **({"page": page} if page else {}))
            pages += answer.data.results
            page = answer.headers.get("opc-next-page")
            if page is None:
                break
        self.assertEqual([row.data for row in pages], [row.data for row in whole])
        self.assertIsNone(answer.data.fields)

    def test_days_of_a_key(self):
        key = self.grouped().data.results[0].data
        rows = self.search(
            f"data.identity.credentials='{key['data.identity.credentials']}' and data.response.status!='401' "
            "| summarize count() as n by data.identity.credentials, rounddown(datetime,'1d') as day"
        ).data.results
        newest = max(row.data["day"] for row in rows)
        self.assertEqual(newest, key["last"] - key["last"] % 86_400_000)

    def test_events_of_a_key(self):
        key = self.grouped().data.results[0].data
        rows = self.search(
            f"data.identity.credentials='{key['data.identity.credentials']}' and data.response.status!='401' "
            "| sort by datetime desc",
            limit=1,
        ).data.results
        self.assertEqual(rows[0].data["datetime"], key["last"])
        self.assertEqual(rows[0].data["logContent"]["data"]["identity"]["tenantId"], served["tenancy"])

    def test_tokens_are_key_ids_too(self):
        rows = self.search("summarize count() as n by data.identity.credentials").data.results
        self.assertTrue(any(row.data["data.identity.credentials"].startswith("ST$") for row in rows))

    def test_refusals(self):
        for query, days in (("where data.eventName", 14), ("where data.eventName='x'", 15)):
            with self.assertRaises(ServiceError) as caught:
                self.search(query, days)
            self.assertEqual((caught.exception.status, caught.exception.code), (400, "InvalidParameter"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", help="the program of the simulator; built with cargo if not given")
    arguments, rest = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as directory, tenancy(
        directory, arguments.program, users=120, seed=3, as_of="2026-01-15T06:00:00Z", audit_events=True
    ) as described:
        served.update(described)
        unittest.main(argv=["check_sdk.py", *rest], verbosity=2)
