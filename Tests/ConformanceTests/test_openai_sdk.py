"""The official OpenAI SDK against a replica whose providers are impersonated.

ROSTER_URL, ROSTER_KEY, ROSTER_ADMIN_KEY and SIMULATOR_URL say where; ConformanceTests.swift sets them.
A prompt that begins with "simulate:" makes the impersonated provider behave badly.
"""

import asyncio
import json
import os
import time

import httpx
import openai
import pytest

URL = os.environ["ROSTER_URL"]
KEY = os.environ["ROSTER_KEY"]
ADMIN_KEY = os.environ["ROSTER_ADMIN_KEY"]
SIMULATOR = os.environ["SIMULATOR_URL"]
MODEL = "openai/gpt-4o-mini"
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def prompt(text):
    return [{"role": "user", "content": text}]


@pytest.fixture
def client():
    with openai.OpenAI(base_url=f"{URL}/v1", api_key=KEY, max_retries=0, timeout=20) as client:
        yield client


@pytest.fixture
def http():
    with httpx.Client(base_url=URL, timeout=20, headers={"Authorization": f"Bearer {KEY}"}) as http:
        yield http


def eventually(what, condition, within=10):
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def test_models_are_listed_and_found(client):
    models = {model.id: model for model in client.models.list()}
    assert MODEL in models
    assert models[MODEL].object == "model"
    assert models[MODEL].owned_by == "openai"
    assert client.models.retrieve(MODEL).id == MODEL
    # An aggregator's API names have slashes of their own.
    aggregated = next(name for name in models if name.startswith("openrouter/") and name.count("/") > 1)
    assert client.models.retrieve(aggregated).id == aggregated
    with pytest.raises(openai.NotFoundError) as refused:
        client.models.retrieve("no-such-model")
    assert "no-such-model" in str(refused.value)


def test_a_plain_chat(client):
    answer = client.chat.completions.create(model=MODEL, messages=prompt("The quick brown fox"))
    assert "The quick brown fox" in answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


@pytest.mark.parametrize(
    "model", ["gpt-4o-mini", "openai/gpt-4o-mini", "anthropic/*", "gemini/*", "openrouter/*", "ollama/*"]
)
def test_every_provider_chats(client, model):
    if model.endswith("*"):
        listed = [m.id for m in client.models.list() if m.id.startswith(model[:-1])]
        chats = [m for m in listed if not any(w in m for w in ("embed", "whisper", "tts", "image", "veo", "imagen"))]
        model = chats[0]
    answer = client.chat.completions.create(model=model, messages=prompt("hello there"))
    assert answer.choices[0].message.content


def test_a_streamed_chat_adds_up_to_the_plain_one(client):
    plain = client.chat.completions.create(model=MODEL, messages=prompt("Say it twice"))
    stream = client.chat.completions.create(
        model=MODEL, messages=prompt("Say it twice"), stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == plain.choices[0].message.content
    assert chunks[-1].choices == [] and chunks[-1].usage.total_tokens > 0
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"


def test_tools_are_called(client):
    question = prompt('call: get_weather {"city":"Paris"}')
    answer = client.chat.completions.create(model=MODEL, messages=question, tools=[WEATHER])
    call = answer.choices[0].message.tool_calls[0]
    assert answer.choices[0].finish_reason == "tool_calls"
    assert call.function.name == "get_weather" and json.loads(call.function.arguments) == {"city": "Paris"}


def test_tools_are_called_in_a_stream(client):
    question = prompt('call: get_weather {"city":"Paris"}')
    with client.chat.completions.stream(model=MODEL, messages=question, tools=[WEATHER]) as stream:
        stream.until_done()
        call = stream.get_final_completion().choices[0].message.tool_calls[0]
    assert call.function.name == "get_weather" and json.loads(call.function.arguments) == {"city": "Paris"}


def test_members_that_the_gateway_does_not_know_reach_the_provider(client):
    client.chat.completions.create(
        model=MODEL, messages=prompt("passing through"), extra_body={"x_unknown": {"price": 1.10, "b": [1e2, None]}}
    )
    requests = httpx.get(f"{SIMULATOR}/_simulator/requests").text
    assert "x_unknown" in requests


def test_a_wrong_key_is_an_authentication_error():
    for key in ("rk_wrong", "sk-somebody-elses"):
        with openai.OpenAI(base_url=f"{URL}/v1", api_key=key, max_retries=0) as client:
            with pytest.raises(openai.AuthenticationError) as refused:
                client.chat.completions.create(model=MODEL, messages=prompt("hi"))
            assert refused.value.code == "invalid_api_key"
            assert key not in str(refused.value)


def test_a_missing_key_says_how_to_send_one():
    answer = httpx.post(f"{URL}/v1/chat/completions", json={"model": MODEL, "messages": prompt("hi")})
    assert answer.status_code == 401
    assert "Authorization" in answer.json()["error"]["message"]


def test_an_unknown_model_is_not_found(client):
    with pytest.raises(openai.NotFoundError) as refused:
        client.chat.completions.create(model="gpt-99-nonexistent", messages=prompt("hi"))
    assert refused.value.code == "model_not_found"
    assert "gpt-99-nonexistent" in refused.value.message


@pytest.mark.parametrize("body", [b"", b"{", b'{"model": }', b"[]", b'"text"', b'{"model":"x","model', b"\xff\xfe{}", b"{" * 100_000])
def test_a_body_that_is_not_json_is_refused_in_words(http, body):
    answer = http.post("/v1/chat/completions", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert len(answer.json()["error"]["message"]) > 20


@pytest.mark.parametrize("model", [None, 7, {}, [], ""])
def test_a_model_that_is_no_name_is_refused(http, model):
    answer = http.post("/v1/chat/completions", json={"model": model, "messages": prompt("hi")})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "model"


def test_a_body_over_the_limit_is_refused(http):
    answer = http.post("/v1/chat/completions", json={"model": MODEL, "messages": prompt("x" * (33 << 20))})
    assert answer.status_code == 413
    assert answer.json()["error"]["message"]


def test_a_rate_limited_provider_is_a_rate_limit_error_with_its_wait(client):
    with pytest.raises(openai.RateLimitError) as refused:
        client.chat.completions.create(model=MODEL, messages=prompt("simulate: status=429,retry-after=7"))
    assert refused.value.response.headers["retry-after"] == "7"


@pytest.mark.parametrize("status", [500, 503])
def test_a_failing_provider_is_a_server_error(client, status):
    with pytest.raises(openai.InternalServerError) as refused:
        client.chat.completions.create(model=MODEL, messages=prompt(f"simulate: status={status}"))
    assert refused.value.response.headers["content-type"].startswith("application/json")


@pytest.mark.parametrize(
    "behaviour",
    ["html", "html,status=502", "cut=before-headers", "cut=after-headers", "cut=middle", "reset=middle", "invalid-json"],
)
def test_a_provider_that_answers_nonsense_is_a_bad_gateway(client, behaviour):
    with pytest.raises(openai.APIStatusError) as refused:
        client.chat.completions.create(model=MODEL, messages=prompt(f"simulate: {behaviour}"))
    assert refused.value.status_code == 502
    assert "OpenAI" in refused.value.message


@pytest.mark.parametrize("behaviour", ["cut=middle", "error-event", "reset=middle"])
def test_a_stream_that_breaks_raises(client, behaviour):
    stream = client.chat.completions.create(
        model=MODEL, messages=prompt(f"simulate: tokens=40,{behaviour}"), stream=True
    )
    received = 0
    with pytest.raises(openai.APIError):
        for _ in stream:
            received += 1
    assert received > 0


def test_a_client_that_goes_away_stops_the_provider(client):
    before = httpx.get(f"{SIMULATOR}/_simulator/state").json()["disconnects"]
    stream = client.chat.completions.create(
        model=MODEL, messages=prompt("simulate: tokens=1000,delay=20ms"), stream=True
    )
    next(iter(stream))
    stream.close()
    eventually(
        "the provider's stream was not cancelled",
        lambda: httpx.get(f"{SIMULATOR}/_simulator/state").json()["disconnects"] > before,
    )


def test_a_client_that_does_not_wait_for_the_first_byte_stops_the_provider(client):
    before = httpx.get(f"{SIMULATOR}/_simulator/state").json()["disconnects"]
    with pytest.raises(openai.APITimeoutError):
        client.with_options(timeout=0.5).chat.completions.create(model=MODEL, messages=prompt("simulate: hang"))
    eventually(
        "the provider's request was not cancelled",
        lambda: httpx.get(f"{SIMULATOR}/_simulator/state").json()["disconnects"] > before,
    )


def test_many_at_once():
    async def run():
        async with openai.AsyncOpenAI(base_url=f"{URL}/v1", api_key=KEY, max_retries=0, timeout=60) as client:

            async def one(number):
                text = f"number {number} of many"
                if number % 2:
                    answer = await client.chat.completions.create(model=MODEL, messages=prompt(text))
                    return text in answer.choices[0].message.content
                stream = await client.chat.completions.create(model=MODEL, messages=prompt(text), stream=True)
                parts = [c.choices[0].delta.content or "" async for c in stream if c.choices]
                return text in "".join(parts)

            return await asyncio.gather(*(one(number) for number in range(200)))

    assert all(asyncio.run(run()))


def test_a_key_lives_from_its_answer_to_its_revocation():
    with httpx.Client(base_url=URL, timeout=20) as http:
        # As the onboarding guide has it: no key needed from a trusted network.
        made = http.post("/api/v1/apikeys", json={"description": "dev test key", "priority": 10}).json()
        assert made["priority"] == 10 and made["api_key"].startswith("rk_")
        admin = {"Authorization": f"Bearer {ADMIN_KEY}"}
        listed = http.get("/api/v1/apikeys", headers=admin)
        assert made["api_key"] not in listed.text and made["prefix"] in listed.text
        with openai.OpenAI(base_url=f"{URL}/v1", api_key=made["api_key"], max_retries=0) as client:
            assert client.chat.completions.create(model=MODEL, messages=prompt("hi")).choices
            assert http.delete(f"/api/v1/apikeys/{made['id']}", headers=admin).is_success
            with pytest.raises(openai.AuthenticationError):
                client.chat.completions.create(model=MODEL, messages=prompt("hi"))


def test_the_operators_endpoints_ask_for_the_admin_key(http):
    for path in ("/v1/registry/refresh", "/admin/model-sync/all", "/admin/model-sync/provider/openai"):
        assert http.post(path).status_code == 403
        assert httpx.post(URL + path).status_code == 401
    for path in ("/admin/model-sync/providers", "/admin/model-sync/status", "/api/v1/apikeys"):
        assert http.get(path).status_code == 403


def test_a_refresh_as_the_guides_have_it():
    with httpx.Client(base_url=URL, timeout=60, headers={"Authorization": f"Bearer {ADMIN_KEY}"}) as http:
        assert http.post("/v1/registry/refresh").status_code == 200
        dry = http.post("/admin/model-sync/provider/openrouter?dry_run=true").json()
        assert dry["success"] and dry["details"]["dry_run"] and dry["details"]["provider_id"] == 1
        wet = http.post("/admin/model-sync/provider/openrouter").json()
        details = wet["details"]
        assert wet["message"].startswith(f"Synced {details['models_synced']} models from openrouter. Fetched: ")
        assert details["models_fetched"] == details["models_transformed"] + details["models_skipped"]
        status = http.get("/v1/registry/status").json()
        assert status["status"] == "ok" and status["last_refresh"] and status["hardware"]["cores"] >= 1
