"""What a replica serves against its own OpenAPI document: valid, complete, and kept by every answer."""

import copy
import os
import re
from html.parser import HTMLParser

import httpx
import pytest
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator

URL = os.environ["ROSTER_URL"]
ADMIN = {"Authorization": "Bearer " + os.environ["ROSTER_ADMIN_KEY"]}
CLIENT = {"Authorization": "Bearer " + os.environ["ROSTER_KEY"]}
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]

client = httpx.Client(base_url=URL, timeout=60)


def closed(schema):
    """The schema of an answer with every object closed: what is not described must not be there."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {name: closed(part) for name, part in schema.items()}
    if isinstance(schema.get("properties"), dict) and "additionalProperties" not in schema:
        schema["additionalProperties"] = False
    return schema


@pytest.fixture(scope="session")
def document():
    answer = client.get("/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


@pytest.fixture(scope="session")
def roster(document):
    return Roster(document)


class Roster:
    """Asks for operations by their ids, and holds each answer against the document."""

    def __init__(self, document):
        self.document = document
        self.answers = closed(copy.deepcopy(document["components"]))
        self.operations = {
            operation["operationId"]: (method.upper(), path, operation)
            for path, item in document["paths"].items()
            for method, operation in item.items()
        }
        self.asked = {}

    def __call__(self, operation_id, status=200, json=None, query=None, headers=None, key=ADMIN, csv=None, **path):
        method, template, operation = self.operations[operation_id]
        url = template
        for name, value in path.items():
            url = url.replace("{" + name + "}", str(value))
        assert "{" not in url, url
        if status < 400:
            self.check_request(operation_id, operation, query, json)
        headers = {**(headers or {}), **(key or {}), **({"Content-Type": "text/csv"} if csv else {})}
        answer = client.request(method, url, json=json, params=query, headers=headers, content=csv)
        assert answer.status_code == status, (operation_id, answer.status_code, answer.text)
        self.check(operation_id, operation, answer)
        self.asked.setdefault(operation_id, set()).add(status)
        return answer

    def check_request(self, id, operation, query, json):
        names = {p["name"] for p in operation.get("parameters", []) if p["in"] == "query"}
        filters = [p for p in operation.get("parameters", []) if p["schema"].get("patternProperties")]
        for name, value in (query or {}).items():
            if name not in names:
                assert filters, (id, name)
                self.validator(filters[0]["schema"], self.document["components"]).validate({name: value})
        if json is not None:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            self.validator(schema, self.document["components"]).validate(json)

    def check(self, id, operation, answer):
        described = operation["responses"].get(str(answer.status_code))
        assert described is not None, (id, answer.status_code, "is not described")
        for field in described.get("headers", {}):
            if field in ("X-Roster-Revision", "X-Request-Id", "ETag") and answer.status_code < 300:
                assert field in answer.headers, (id, field)
        content = described.get("content")
        if not content:
            assert answer.content == b"", id
            return
        media_type = answer.headers["content-type"].split(";")[0]
        assert media_type in content, (id, media_type)
        if media_type == "application/json":
            self.validator(closed(content[media_type]["schema"]), self.answers).validate(answer.json())

    def validator(self, schema, components):
        return Draft202012Validator({**schema, "components": components}, format_checker=FormatChecker())


def test_the_document_is_valid(document):
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"].startswith("3.1")
    ids = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]
    assert len(ids) == len(set(ids))


def test_every_schema_is_a_schema(document):
    for name, schema in document["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
    references = set(re.findall(r'"#/components/schemas/([^"]+)"', repr(document).replace("'", '"')))
    assert references == set(document["components"]["schemas"]), "each is referred to, and none is missing"


def test_it_lists_what_the_router_serves(document):
    served = {"/" + path.lstrip("/") for path in os.environ["ROSTER_PATHS"].split("\n")}
    # A path that takes all that follows has no place in OpenAPI but a last parameter.
    described = {re.sub(r"^/v1/models/\{model\}$", "/v1/models/**", path) for path in document["paths"]}
    assert served == described


def test_every_other_method_is_refused_and_says_which_there_are(document):
    for path, item in document["paths"].items():
        allowed = {method.upper() for method in item} | ({"HEAD"} if "get" in item else set())
        url = re.sub(r"\{[^}]*\}", "1", path)
        for method in METHODS:
            if method in allowed:
                continue
            answer = client.request(method, url, headers=ADMIN)
            assert answer.status_code == 405, (method, url)
            assert set(answer.headers["allow"].split(", ")) == allowed


def test_access_is_what_it_says(document):
    for path, item in document["paths"].items():
        url = re.sub(r"\{[^}]*\}", "1", path)
        for method, operation in item.items():
            if {} in operation["security"] or operation["security"] == []:
                continue
            assert client.request(method, url).status_code == 401, (method, path)
            scopes = operation["security"][0]["bearer"]
            if scopes not in ([], ["inference"]):
                assert client.request(method, url, headers=CLIENT).status_code == 403, (method, path)


def test_columns_say_their_unit_and_who_may_write_them(document):
    model = document["components"]["schemas"]["Model"]["properties"]
    assert model["pricing_prompt"]["x-unit"] == "USD per token"
    assert model["pricing_prompt"]["type"] == ["string", "null"]
    assert model["health_status"]["enum"] == ["healthy", "degraded", "down", "unknown"]
    assert model["health_status"]["readOnly"] is True
    assert all(column["description"] for column in model.values())
    assert "health_status" not in document["components"]["schemas"]["ModelEdit"]["properties"]
    assert "provider" not in document["components"]["schemas"]["ModelEdit"]["properties"]
    assert "provider" in document["components"]["schemas"]["NewModel"]["required"]


def test_the_page_stands_alone(document):
    answer = client.get("/docs")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert answer.headers["x-content-type-options"] == "nosniff"

    class Reader(HTMLParser):
        ids, links, elements = set(), set(), set()

        def handle_starttag(self, tag, attributes):
            self.elements.add(tag)
            attributes = dict(attributes)
            assert not [name for name in attributes if name.startswith("on") or name in ("src", "style")], tag
            self.ids.add(attributes.get("id"))
            if "href" in attributes:
                self.links.add(attributes["href"])

    reader = Reader()
    reader.feed(answer.text)
    assert not reader.elements & {"script", "link", "img", "iframe", "object", "form"}
    assert {link[1:] for link in reader.links if link.startswith("#")} <= reader.ids
    assert {link for link in reader.links if not link.startswith("#")} == {"/openapi.json"}
    for item in document["paths"].values():
        assert {operation["operationId"] for operation in item.values()} <= reader.ids


def test_every_operation_answers_as_described(roster):
    roster("getHealth", key=None)
    roster("getReadiness", key=None)
    roster("getOpenAPIDocument", key=None)
    roster("getReferencePage", key=None)

    # Refreshing.
    roster("refreshRegistry")
    roster("refreshRegistry", 401, key=None)
    roster("refreshRegistry", 403, key=CLIENT)
    roster("getRegistryStatus", key=None)
    roster("syncProvider", slug="openrouter", query={"dry_run": "true"})
    roster("syncProvider", 404, slug="nowhere")
    roster("syncProvider", 400, slug="openrouter", query={"dry_run": "perhaps"})
    roster("syncProviders", query={"providers": "openai,openrouter"})
    roster("listSyncProviders")
    roster("getSyncStatus")

    # Models that may be named.
    models = roster("listServedModels", key=CLIENT)
    roster("listServedModels", 304, key=CLIENT, headers={"If-None-Match": models.headers["etag"]})
    name = next(m["id"] for m in models.json()["data"] if m["id"].startswith("openai/gpt-4o"))
    roster("getServedModel", key=CLIENT, model=name)
    roster("getServedModel", 404, key=CLIENT, model="no/such/model")
    chat = {"model": name, "messages": [{"role": "user", "content": "hello"}]}
    roster("createChatCompletion", key=CLIENT, json=chat)
    roster("createChatCompletion", key=CLIENT, json={**chat, "stream": True})
    roster("createChatCompletion", 404, key=CLIENT, json={**chat, "model": "no-such-model"})
    roster("createChatCompletion", 401, key=None, json=chat)

    # Keys.
    made = roster("createKey", json={"description": "made here", "scopes": ["reader"], "priority": 3})
    roster("createKey", 400, json={"description": "x" * 400, "expires_at": "2020-01-01T00:00:00Z"})
    roster("listKeys")
    roster("revokeKey", id=made.json()["id"])
    roster("revokeKey", 404, id=999999)

    # Rows of each table.
    rows(
        roster, "Model", "models",
        {"provider": "openai", "provider_model_id": "made here", "pricing_prompt": 0.5, "context_length": "4096"},
        {"pricing_prompt": "0.25", "tags": ["local"], "deprecation_date": "2027-01-31", "metadata": {"a": [1]}},
        {"pricing_prompt": -1}, "openai%2Fmade%20here",
        {"provider": "openai", "pricing_prompt.lte": "1", "tags.contains": "local", "sort": "-pricing_prompt,model_name"},
    )
    rows(
        roster, "Provider", "providers", {"slug": "made-here", "name": "Made here", "base_url": "http://127.0.0.1:1/v1"},
        {"notes": "ours", "refresh_interval": "30 minutes", "kind": "local"}, {"refresh_interval": "5 seconds"},
        "made-here", {"kind": "local", "sort": "slug", "q": "made"},
    )
    rows(
        roster, "Route", "routes",
        {"name": "made-here", "members": ["openai/gpt-4o", {"model": "gpt-4o-mini", "weight": 3, "max_price": "0.000001"}]},
        {"strategy": "weighted", "members": [{"model": "gpt-4o", "requires": ["tools"]}]}, {"members": [{"model": "x", "weight": -1}]},
        "made-here", {"members.contains": "gpt-4o", "is_active": "true"},
    )
    rows(
        roster, "Setting", "settings", {"name": "made.here", "value": {"a": 1}}, {"value": {"a": 2}, "description": "d"},
        {"description": "x" * 2001}, "made.here", {"name.in": "made.here,other", "description.is": "notnull"},
    )

    # Rows as sheets.
    sheet = roster("exportModels", query={"provider": "openai"}).content
    roster("exportProviders", query={"separator": "semicolon", "excel": "true"})
    roster("exportRoutes")
    roster("exportSettings")
    roster("exportSettings", 400, query={"separator": "dot"})
    roster("importRows", query={"table": "models"}, csv=sheet)
    sheet = b"Slug,Name,Notes\nopenai,OpenAI,seen\n"
    preview = roster("importRows", query={"table": "providers"}, csv=sheet).json()["preview"]
    roster("importRows", query={"table": "providers", "apply": "true", "preview": preview}, csv=sheet)
    roster("importRows", 409, query={"table": "providers", "apply": "true", "preview": preview}, csv=sheet)
    wrong = b"Provider,API name,Max output tokens\nopenai,gpt-4o,many\n"
    preview = roster("importRows", query={"table": "models"}, csv=wrong).json()["preview"]
    roster("importRows", 422, query={"table": "models", "apply": "true", "preview": preview}, csv=wrong)
    roster("importRows", 400, query={"table": "nothing"}, csv=sheet)

    # Promotion.
    catalogue = roster("getCatalogue").json()
    catalogue["tables"]["providers"][0]["notes"] = "promoted"
    plan = roster("planCatalogue", json=catalogue).json()
    assert plan["edits"]
    roster("planCatalogue", 400, json=catalogue, query={"critical_price": "dear"})
    roster("applyPlan", json=plan)
    roster("applyPlan", 409, json=plan)

    # Looking back over all tables.
    page = roster("listChanges", query={"limit": "2"})
    assert page.json()["next"]
    roster("listChanges", query={"cursor": page.json()["next"], "table": "models", "actor": "admin"})
    roster("listChanges", 400, query={"since": "yesterday"})
    newest = page.json()["data"][0]["revision"]
    roster("getRevision", revision=newest)
    roster("getRevision", 404, revision=999999)
    roster("revert", query={"dry_run": "true"}, json={"after": newest - 1, "reason": "see"})
    roster("revert", json={"revision": newest})
    roster("revert", 404, json={"revision": 999999})
    roster("revert", 400, json={"revision": 1, "after": 1})

    assert set(roster.asked) == set(roster.operations), "every operation was asked for"


def rows(roster, shape, table, new, change, impossible, name, query):
    """The same for each table: everything that can be done to a row, and the refusals."""
    made = roster(f"create{shape}", 201, json={**new, "reason": "made by a test"})
    row = made.json()["row"]
    roster(f"create{shape}", json={**new, **identity(new, "x")}, query={"dry_run": "true"})
    roster(f"create{shape}", 422, json=new)
    assert made.headers["location"].endswith(f"/{table}/{row['id']}")
    got = roster(f"get{shape}", id=row["id"])
    assert got.json()["row"] == row
    assert roster(f"get{shape}", id=name).json()["row"] == row
    roster(f"get{shape}", 404, id=999999)
    roster(f"get{shape}", 400, id="%zz")
    tag = {"If-Match": got.headers["etag"]}

    changed = roster(f"edit{shape}", id=row["id"], json=change, headers=tag)
    assert changed.json()["row_revision"] > row["row_revision"]
    roster(f"edit{shape}", 409, id=row["id"], json=change, headers=tag)
    roster(f"edit{shape}", 428, id=row["id"], json=change)
    roster(f"edit{shape}", 404, id=999999, json=change, headers={"If-Match": "*"})
    roster(f"edit{shape}", 422, id=row["id"], json=impossible, headers={"If-Match": "*"})
    assert roster(f"get{shape}", id=row["id"]).json()["row"] == changed.json()["row"]
    assert roster(f"get{shape}", id=row["id"], query={"revision": made.json()["revision"]}).json()["row"] == row

    edit = {"id": row["id"], "row_revision": changed.json()["row_revision"], "set": change}
    roster(f"edit{shape}s", json={"edits": [edit]}, query={"dry_run": "true"})
    roster(f"edit{shape}s", json={"edits": [edit], "reason": "again"})
    roster(f"edit{shape}s", 409, json={"edits": [{**edit, "row_revision": 1}]})
    roster(f"edit{shape}s", 404, json={"edits": [{**edit, "id": 999999}]})
    roster(f"edit{shape}s", 422, json={"edits": [edit, {**edit, "id": 999999, "row_revision": "*"}, edit]})

    found = roster(f"list{shape}s", query=query).json()
    assert [r["id"] for r in found["data"]] == [row["id"]], found
    page = roster(f"list{shape}s", query={"limit": "1", "fields": "id"}).json()
    assert page["total"] >= len(page["data"]) == 1
    roster(f"list{shape}s", query={"as_of": "2999-01-01"}, status=404)
    roster(f"list{shape}s", 400, query={"limit": "0"})

    tag = {"If-Match": f'"{changed.json()["row_revision"]}"'}
    roster(f"delete{shape}", id=row["id"], headers=tag, query={"dry_run": "true"})
    roster(f"delete{shape}", 428, id=row["id"])
    roster(f"delete{shape}", 409, id=row["id"], headers={"If-Match": '"77"'})
    roster(f"delete{shape}", id=row["id"], headers=tag)
    roster(f"delete{shape}", 404, id=row["id"], headers=tag)
    history = roster(f"get{shape}History", id=row["id"]).json()["data"]
    assert history[0]["operation"] == "delete"
    roster(f"restore{shape}", id=row["id"], json={"reason": "missed"})
    roster(f"restore{shape}", 409, id=row["id"])
    roster(f"restore{shape}", 404, id=999999)
    back = roster(f"get{shape}", id=row["id"]).json()["row"]
    kept = {"row_revision", "updated_at", "created_at"}
    assert {k: v for k, v in back.items() if k not in kept} == {
        k: v for k, v in changed.json()["row"].items() if k not in kept
    }


def identity(new, suffix):
    """Another row of the same kind."""
    names = [name for name in ("provider_model_id", "slug", "name") if name in new][:1]
    return {name: new[name] + suffix for name in names}
