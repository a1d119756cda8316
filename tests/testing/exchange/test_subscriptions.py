"""Control messages and their answers."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantlive_nb.testing.exchange.subscriptions import N_STREAMS_MOST, Subscriptions

METHODS = "`SUBSCRIBE`, `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY`"


@pytest.mark.parametrize(
    ("request_text", "answer"),
    [
        ('{"method":"SUBSCRIBE","params":["a@trade","b@depth"],"id":1}', '{"result":null,"id":1}'),
        ('{"method":"UNSUBSCRIBE","params":["x@depth"],"id":312}', '{"result":null,"id":312}'),
        ('{"method":"LIST_SUBSCRIPTIONS","id":3}', '{"result":["old@trade"],"id":3}'),
        ('{"method":"LIST_SUBSCRIPTIONS","id":null}', '{"result":["old@trade"],"id":null}'),
        ('{"method":"LIST_SUBSCRIPTIONS","id":"a-1"}', '{"result":["old@trade"],"id":"a-1"}'),
        ('{"method":"SET_PROPERTY","params":["combined",true],"id":5}', '{"result":null,"id":5}'),
        ('{"method":"GET_PROPERTY","params":["combined"],"id":2}', '{"result":false,"id":2}'),
    ],
)
def test_documented_requests_get_the_documented_answers(request_text, answer):
    """The examples of the exchange's documents, letter by letter."""
    assert Subscriptions(combined=False, streams=["old@trade"]).answer(request_text) == answer


@pytest.mark.parametrize(
    ("request_text", "answer"),
    [
        (
            '{"method":"GET_PROPERTY","params":["colour"],"id":4}',
            '{"code":0,"msg":"Unknown property","id":4}',
        ),
        (
            '{"method":"SET_PROPERTY","params":["combined","yes"],"id":4}',
            '{"code":1,"msg":"Invalid value type: expected Boolean"}',
        ),
        (
            '{"method":"SET_PROPERTY","params":[7],"id":4}',
            '{"code":2,"msg":"Invalid request: property name must be a string"}',
        ),
        (
            '{"method":"LIST_SUBSCRIPTIONS","id":{}}',
            '{"code":2,"msg":"Invalid request: request ID must be an unsigned integer"}',
        ),
        (
            '{"method":"LIST_SUBSCRIPTIONS"}',
            '{"code":2,"msg":"Invalid request: request ID must be an unsigned integer"}',
        ),
        (
            '{"method":"FOLLOW","id":1}',
            '{"code":2,"msg":"Invalid request: unknown variant `FOLLOW`, expected one of '
            + METHODS
            + ' at line 1 column 18"}',
        ),
        (
            '{"method":"LIST_SUBSCRIPTIONS","params":["a@trade"],"id":1}',
            '{"code":2,"msg":"Invalid request: too many parameters"}',
        ),
        (
            '{"method":"GET_PROPERTY","params":["combined",true],"id":1}',
            '{"code":2,"msg":"Invalid request: too many parameters"}',
        ),
        (
            '{"params":["a@trade"],"id":1}',
            '{"code":2,"msg":"Invalid request: missing field `method` at line 1 column 29"}',
        ),
        ("hello", '{"code":3,"msg":"Invalid JSON: expected value at line 1 column 1"}'),
    ],
)
def test_bad_requests_get_the_documented_errors(request_text, answer):
    """Each error body of the documents has a request that causes it."""
    assert Subscriptions(combined=False).answer(request_text) == answer


@pytest.mark.parametrize(
    "more", ['"x":1', '"params":"a@trade"', '"params":[7]', '"params":["a@trade",null]']
)
def test_a_subscription_to_nothing_nameable_is_refused(more):
    """The documents word no error for it; it is one all the same, and changes nothing."""
    mine = Subscriptions(combined=True)

    assert json.loads(mine.answer(f'{{"method":"SUBSCRIBE",{more},"id":1}}'))["code"] == 2
    assert not mine.streams


@settings(max_examples=25)
@given(
    st.one_of(
        st.text(),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["SUBSCRIBE"]),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["method", "params", "id", "x"]), inner)
            ),
            max_leaves=5,
        ).map(json.dumps),
    )
)
def test_any_text_at_all_is_answered(text):
    """Whatever a client sends, it gets one JSON object back, a result or an error."""
    answer = json.loads(Subscriptions(combined=True).answer(text))

    assert ("result" in answer) != ("code" in answer)


names = st.sampled_from(["a@trade", "b@trade", "c@trade", "d@depth"])


@settings(max_examples=25)
@given(st.lists(st.tuples(st.booleans(), st.lists(names, max_size=5)), max_size=8))
def test_subscriptions_are_a_set(steps):
    """Subscribing twice counts once, and unsubscribing from nothing does no harm."""
    mine, model = Subscriptions(combined=True), set()
    for adds, params in steps:
        method = "SUBSCRIBE" if adds else "UNSUBSCRIBE"
        mine.answer(json.dumps({"method": method, "params": params, "id": 1}))
        model = model | set(params) if adds else model - set(params)
    listed = json.loads(mine.answer('{"method":"LIST_SUBSCRIPTIONS","id":1}'))["result"]

    assert sorted(listed) == sorted(model)


def test_more_than_1024_streams_are_refused_whole():
    """One stream too many, and none of the message's streams is subscribed."""
    names = [f"s{i}@trade" for i in range(N_STREAMS_MOST)]
    full = Subscriptions(combined=True, streams=names)
    again = full.answer(json.dumps({"method": "SUBSCRIBE", "params": names[:5], "id": 1}))
    refused = full.answer('{"method":"SUBSCRIBE","params":["one@trade","two@trade"],"id":2}')

    assert json.loads(again) == {"result": None, "id": 1}
    assert json.loads(refused)["code"] == 2
    assert list(full.streams) == names
    assert not full.is_excessive
    assert Subscriptions(combined=True, streams=[*names, "one@trade"]).is_excessive


@pytest.mark.parametrize(
    ("target", "is_combined", "streams"),
    [
        ("/stream?streams=btcusdt@trade/ethusdt@trade", True, ["btcusdt@trade", "ethusdt@trade"]),
        ("/stream?streams=btcusdt%40trade%2Fethusdt%40trade&timeUnit=MICROSECOND", True, None),
        ("/stream?x&streams=a@kline_1d@+08:00", True, ["a@kline_1d@+08:00"]),
        ("/stream", True, []),
        ("/ws", False, []),
        ("/ws/btcusdt@trade", False, ["btcusdt@trade"]),
        ("/ws/%E8%BF%99usdt%40trade", False, ["这usdt@trade"]),
    ],
)
def test_the_path_says_the_envelope_and_the_streams(target, is_combined, streams):
    """Both kinds of endpoint, with and without streams, encoded or not."""
    wanted = Subscriptions.of_path(target)

    assert wanted.combined is is_combined
    assert list(wanted.streams) == (
        ["btcusdt@trade", "ethusdt@trade"] if streams is None else streams
    )


@pytest.mark.parametrize("target", ["/", "/api/v3/time", "/wsx", "/streams?streams=a@trade"])
def test_other_paths_are_no_endpoint(target):
    """A slip in the URL must not pass for a silent market."""
    assert Subscriptions.of_path(target) is None
