"""Where Gatehouse answers otherwise on purpose. A row that has stopped to differ fails its test.

What makes MLflow's own server fall over (status 500, or the text of a database error in its answer) needs no row: it
is counted apart, and Gatehouse has to answer it in MLflow's form.
"""

_WRONG = "A value of the wrong type or an unknown word is refused by its name; MLflow reads it as if it were absent."
_NAMELESS = "What has no name cannot be asked for again, so it is refused; MLflow stores it under the empty one."
_LIMIT = "The limits of MLflow's documentation hold in every call; its server forgets them in this one."
_UNREADABLE = "A body that cannot be read is refused as such; MLflow takes it for an empty one."
_CAMEL = "Camel case is as good as snake case for every field; MLflow forgets this where a field is required."
_WIDER = "What one search understands, every search does; MLflow's own parsers differ here."
_HALF = "Half a filter would find something else than was meant, so it is refused; MLflow drops what it cannot read."
_TWICE = "A field twice in an order is a mistake, as MLflow's search of runs has it too."
_PAGE = "A page has at least one row and a bound, and a page size beyond is refused by its name."
_NOT_THERE = "A reference to what is not there, or not seen by who asks, is refused: lineage has no loose ends."
_DELETED = "Nothing is written to a logged model that is deleted; MLflow does not look."
_OUTSIDE = (
    "Nothing that a client sends is used as a path on the server; only plain addresses of object stores are taken."
)
_ALIKE = "Two names that people would mistake for one another cannot both be taken, nor names that are hard to write."
_IN_USE = "The stage Production holds one version, and what stands there is not deleted."
_FROZEN = "A version has files of its own that never change; it is never made from nothing."
_KNOWN = "The source says whose files they are; MLflow wants it said a second time."
_ALSO_HERE = "MLflow answers it below /ajax-api only, where its pages ask; Gatehouse answers it at both prefixes."
_JSON = 'A number that is none is the text "NaN", as everywhere in the protocol; MLflow\'s answer is no JSON here.'
_STATUS = "MLflow keeps the status as a number, compares it with the text, and so finds nothing."
_ANY_DIGEST = "A data set without a digest means any digest, as the client's documentation has it."
_ABSENT = "Gatehouse does not have this part, and says so with NOT_IMPLEMENTED, whatever was asked of it."
_STARTED = "A run of which nobody says when it began began now; MLflow says 1970."
_GATE = "The gates decide who stands where, through this door as through every other."
_SIGN_IN = "Nobody is let in who does not say who it is."
_EMPTY = "An absent description reads as an empty one."

_NO_RUN = "A version without a run has no run id that a pattern could fit."
_FOLDERS = "Files lie in the folders of runs and logged models, and nowhere else."
_ON_ITS_OWN = "A run that was deleted on its own does not come back with its experiment."
_KNOWN_BY_ADDRESS = "The address says which model is meant; MLflow wants it said a second time."

# By story: the request as it is told, or its label, and why the answer is another one.
REQUESTS: dict[str, dict[str, str]] = {
    "experiments": {
        "a blank experiment name": _ALIKE,
        "POST experiments/create {'name': 't2', 'tags': ['x']}": _WRONG,
        "POST experiments/create {'name': 'l2', 'artifact_location': 's3://b/c?d=e'}": _OUTSIDE,
        "POST experiments/create {'name': 'l4', 'artifact_location': 's3://b/../c'}": _OUTSIDE,
        "a folder of the server": _OUTSIDE,
        "a file address of the server": _OUTSIDE,
        "camel case in a query": _CAMEL,
        "POST experiments/create b'{not json'": _UNREADABLE,
        "capitals in a media type": "A media type is the same in capitals (RFC 9110, 8.3.1).",
        "bytes that are no UTF-8": _UNREADABLE,
        "POST experiments/delete-experiment-tag {'experimentId': '<alpha>', 'key': 'k'}": _CAMEL,
    },
    "searches of experiments": {
        "POST experiments/search {'filter': \"name like 'Beta__'\", 'max_results': 50}": _WIDER,
        "POST experiments/search {'filter': \"name = 'beta' AND\", 'max_results': 50}": _HALF,
        "POST experiments/search {'order_by': ['name', 'name'], 'max_results': 50}": _TWICE,
        "POST experiments/search {'order_by': [5], 'max_results': 50}": _WRONG,
        "POST experiments/search {'max_results': 50, 'view_type': 'SOME'}": _WRONG,
        "POST experiments/search {'max_results': 50, 'view_type': 9}": _WRONG,
    },
    "runs": {
        "POST runs/create {'experiment_id': '<exp>'}": _STARTED,
        "POST runs/create {'experiment_id': '<exp>', 'start_time': 1.5}": _WRONG,
        "POST runs/create {'experiment_id': '<exp>', 'start_time': True}": _WRONG,
        "POST runs/create {'experiment_id': '<exp>', 'start_time': 9223372036854775808}": _WRONG,
        "a run name of 251 letters": _LIMIT,
        "POST runs/create {'experiment_id': '<exp>', 'tags': 'x'}": _WRONG,
        "POST runs/create {'experiment_id': '<exp>', 'tags': [{'key': 'kkkkkkkkkkkkkkkkkkkkkkkkkkkk": _LIMIT,
        "POST runs/create {'experiment_id': '<exp>', 'tags': [{'key': 'k', 'value': 'vvvvvvvvvvvvvv": _LIMIT,
        "POST runs/create {'experiment_id': '<exp>', 'tags': [{'value': '1'}], 'run_name': 't'}": _NAMELESS,
        "GET runs/get {'run_id': '<two>'}": _STARTED,
        "POST runs/update {'run_id': '<one>', 'status': 'DONE'}": _WRONG,
        "POST runs/update {'run_id': '<one>', 'status': 'running'}": _WRONG,
        "a run deleted before its experiment was": _ON_ITS_OWN,
    },
    "measurements": {
        "POST runs/log-metric {'run_id': '<run>', 'key': 'm', 'value': True, 'timestamp': 1}": _WRONG,
        "POST runs/log-metric {'run_id': '<run>', 'key': 'm', 'value': 1, 'timestamp': 1.5}": _WRONG,
        "POST runs/log-metric {'run_id': '<run>', 'key': 'm', 'value': 1, 'timestamp': 1, 'step': 9": _WRONG,
        "POST runs/log-batch {'run_id': '<run>', 'metrics': [{'key': 'b', 'value': 'x', 'timestamp'": _WRONG,
    },
    "histories": {
        "GET metrics/get-history {'run_id': '<a>', 'metric_key': 'm', 'max_results': 'x'}": _PAGE,
        "GET /ajax-api/2.0/mlflow/metrics/get-history-bulk {'run_id': '<a>', 'metric_key': 'm'}": _JSON,
        "GET /ajax-api/2.0/mlflow/metrics/get-history-bulk {'run_id': ['<a>', '<a>'], 'metric_key':": _JSON,
        "a bulk history of less than nothing": _PAGE,
        "GET metrics/get-history-bulk {'run_id': '<a>', 'metric_key': 'nothing'}": _ALSO_HERE,
    },
    "searches of runs": {
        "POST runs/search {'experiment_ids': ['<exp>'], 'run_view_type': 'SOME'}": _WRONG,
        "a number among experiment ids": _WRONG,
        "POST runs/search {'experiment_ids': ['<exp>'], 'filter': 'metrics. = 1'}": _HALF,
        "POST runs/search {'experiment_ids': ['<exp>'], 'filter': \"metrics.acc > 0.1 params.depth =": _HALF,
        "POST runs/search {'experiment_ids': ['<exp>'], 'filter': \"metrics.acc > 0.1 AND AND params": _HALF,
        "POST runs/search {'experiment_ids': ['<exp>'], 'order_by': ['metrics.']}": _HALF,
        "POST runs/search {'experiment_ids': ['<exp>'], 'page_token': 5}": _WRONG,
    },
    "inputs and outputs": {
        "POST runs/log-inputs {'run_id': '<c>', 'datasets': [{'dataset': {'name': None, 'digest': '": _NAMELESS,
        "a data set without a digest": _NAMELESS,
        "a data set with an empty digest": _NAMELESS,
        "POST runs/log-inputs {'run_id': '<c>', 'datasets': [{'dataset': {'name': '', 'digest': 'd1": _NAMELESS,
        "POST runs/log-inputs {'run_id': '<c>', 'datasets': [{'dataset': {'name': 5, 'digest': 'd1'": _WRONG,
        "POST runs/log-inputs {'run_id': '<c>', 'datasets': [{'dataset': {'name': 'l1', 'digest': '": _LIMIT,
        "POST runs/log-inputs {'run_id': '<c>', 'datasets': [{'dataset': {'name': 'l6', 'digest': '": _NAMELESS,
        "POST runs/log-inputs {'run_id': '<c>', 'datasets': [{'tags': []}]}": _NAMELESS,
        "POST runs/log-inputs {'run_id': '<c>', 'datasets': [5]}": _WRONG,
        "an input model that is not there": _NOT_THERE,
        "an input model without an id": _NAMELESS,
        "an output that is not there": _NOT_THERE,
        "data sets, below /api": _ALSO_HERE,
    },
    "logged models": {
        "POST logged-models {'experiment_id': '<exp>', 'name': '  '}": _ALIKE,
        "a logged model with a name of 501 letters": _LIMIT,
        "POST logged-models {'experiment_id': '<exp>', 'name': 'x', 'source_run_id': 'fffffffffffff": _NOT_THERE,
        "POST logged-models {'experiment_id': '<exp>', 'name': 'x', 'params': [{'key': 'p0', 'value": _LIMIT,
        "POST logged-models {'experiment_id': '<exp>', 'name': 'x', 'params': [{'key': 'kkkkkkkkkkk": _LIMIT,
        "POST logged-models {'experiment_id': '<exp>', 'name': 'x', 'params': [{'key': 'k', 'value'": _LIMIT,
        "POST logged-models {'experiment_id': '<exp>', 'name': 'x', 'params': [{'key': 'a;b', 'valu": _LIMIT,
        "POST logged-models {'experiment_id': '<exp>', 'name': 'x', 'params': [{'value': 'v'}]}": _NAMELESS,
        "POST logged-models {'experiment_id': '<exp>', 'name': 'x', 'tags': [{'key': 'kkkkkkkkkkkkk": _LIMIT,
        "POST logged-models {'experiment_id': '<exp>', 'name': 'x', 'tags': [{'key': 'k', 'value': ": _LIMIT,
        "POST logged-models {'experiment_id': '<exp>', 'name': 'x', 'tags': [{'value': 'v'}]}": _NAMELESS,
        "GET logged-models/<net> {'allow_deleted': 'maybe'}": _WRONG,
        "POST logged-models/<spare>/params {'model_id': '<spare>', 'params': [{'key': 'p0', 'value'": _LIMIT,
        "POST logged-models/<spare>/params {'model_id': '<spare>', 'params': [{'key': 'a;b', 'value": _LIMIT,
        "POST logged-models/<spare>/params {'model_id': '<spare>', 'params': [{'key': 'long', 'valu": _LIMIT,
        "PATCH logged-models/<spare>/tags {'model_id': '<spare>', 'tags': [{'key': 'a;b', 'value': ": _LIMIT,
        "PATCH logged-models/<spare>/tags {'model_id': '<spare>', 'tags': [{'key': 'kkkkkkkkkkkkkkk": _LIMIT,
        "PATCH logged-models/<spare>/tags {'model_id': '<spare>', 'tags': [{'key': 'long', 'value':": _LIMIT,
        "a model with a metric that is no number": "What is not a number stays so; MLflow tells zero.",
        "PATCH logged-models/<spare> {'model_id': '<spare>', 'status': 'READY'}": _WRONG,
        "PATCH logged-models/<spare> {'model_id': '<spare>', 'status': 9}": _WRONG,
        "the tag that lists versions": "Clients set this tag themselves; MLflow's server does so once more.",
        "a deleted model: status": _DELETED,
        "a deleted model: tags": _DELETED,
        "a deleted model: parameters": _DELETED,
        "a deleted model: a tag less": _DELETED,
        "a status without the id in the body": _KNOWN_BY_ADDRESS,
    },
    "searches of logged models": {
        "POST logged-models/search {'experiment_ids': ['<exp>'], 'filter': \"status = 'READY'\"}": _STATUS,
        "POST logged-models/search {'experiment_ids': ['<exp>'], 'filter': \"status = 'PENDING'\"}": _STATUS,
        "POST logged-models/search {'experiment_ids': ['<exp>'], 'filter': \"status != 'READY'\"}": _STATUS,
        "POST logged-models/search {'experiment_ids': ['<exp>'], 'filter': \"status = 'LOGGED_MODEL_": _STATUS,
        "POST logged-models/search {'experiment_ids': ['<exp>'], 'filter': 'tags.team = 5'}": _WRONG,
        "a text instead of a flag": _WRONG,
        "a field twice in an order": _TWICE,
        "a metric on any d1": _ANY_DIGEST,
        "POST logged-models/search {'experiment_ids': ['<exp>'], 'datasets': [{'dataset_name': 'd1'": _ANY_DIGEST,
        "POST logged-models/search {'experiment_ids': ['<exp>'], 'filter': \"name = 'beta'\", 'datase": _ANY_DIGEST,
        "no logged models, please": _PAGE,
        "less than no logged models, please": _PAGE,
        "very many logged models": _PAGE,
    },
    "registered models": {
        "a model name of 257 letters": _ALIKE,
        "a name that looks like another": _ALIKE,
        "a number sign in a model name": _ALIKE,
        "spaces around a model name": _ALIKE,
        "POST registered-models/alias {'name': 'accents', 'alias': 'ünï', 'version': '1'}": _ALIKE,
        "deleting a model that is in production": _IN_USE,
    },
    "searches of registered models": {
        "GET registered-models/search {'filter': \"`name` = 'beer'\"}": _WIDER,
        "GET registered-models/search {'order_by': ['attribute.name DESC']}": _WIDER,
        "no models, please": _PAGE,
        "GET registered-models/search {'max_results': -1}": _PAGE,
    },
    "versions": {
        "POST model-versions/create {'name': 'wine', 'source': 'models:/m-0000000000000000000000000": _NOT_THERE,
        "POST model-versions/create {'name': 'spare', 'source': 'models:/<net>'}": _KNOWN,
        "a version of a run that is not there": _NOT_THERE,
        "where the files of a logged model are": _FROZEN,
        "an update without a description": _EMPTY,
        "two versions in production": _IN_USE,
    },
    "searches of versions": {
        "GET model-versions/search {'filter': \"run_id LIKE '%'\"}": _NO_RUN,
        "GET model-versions/search {'filter': \"run_id ILIKE '%'\"}": _NO_RUN,
    },
    "artifacts": {
        "PUT of a path with dots": _FOLDERS,
        "PUT of a path with a backslash": _OUTSIDE,
        "POST artifacts/presigned-upload-url {'run_id': '<run>', 'path': 'a.txt'}": _ABSENT,
        "POST artifacts/presigned-download-url {'run_id': '<run>', 'path': 'a.txt'}": _ABSENT,
        "DELETE /api/2.0/mlflow-artifacts/artifacts/<exp>/<run>/artifacts/../x b''": _FOLDERS,
        "a folder of a run that is not named": _KNOWN,
        "a version of a folder without files": _FROZEN,
    },
    "governed": {
        "production without a review": _GATE,
        "an alias without a scan": _GATE,
        "nobody's request": _SIGN_IN,
        "a request with a wrong token": _SIGN_IN,
        "a body beyond every bound": "Every body has a bound, so that nobody can fill the memory of the server.",
    },
    "elsewhere": {
        "webhooks/create": _ABSENT,
        "webhooks/get": _ABSENT,
        "webhooks/update": _ABSENT,
        "webhooks/delete": _ABSENT,
        "webhooks/test": _ABSENT,
        "traces/start": _ABSENT,
        "traces/search": _ABSENT,
        "traces/get": _ABSENT,
        "traces/old search": _ABSENT,
        "traces/delete": _ABSENT,
        "traces/tags": _ABSENT,
        "assessments": _ABSENT,
        "scorers/list": _ABSENT,
        "scorers/register": _ABSENT,
        "gateway/secrets": _ABSENT,
        "gateway/endpoints": _ABSENT,
        "gateway/create": _ABSENT,
        "evaluation data sets": _ABSENT,
        "evaluation data sets/create": _ABSENT,
        "prompt optimisation": _ABSENT,
        "prompt optimisation/search": _ABSENT,
        "issues": _ABSENT,
        "label schemas": _ABSENT,
        "review queues": _ABSENT,
        "jobs": _ABSENT,
        "workspaces": "Registries are workspaces here, and always on; the other server runs without them.",
        "OPTIONS": "Pages of other sites have no business here, so nobody is told what they might send.",
        "GET /version {}": "It is plain text, and said to be.",
        "server-info": "It says what this server can do, which is not the same.",
        "POST runs/search b'{'": _UNREADABLE,
    },
}

_OWNER = "Gatehouse knows who made it; MLflow leaves the field of its own protocol empty."
_LOGGED_MODEL = "Clients read it where it is told; MLflow's server keeps it and does not tell it."

# Fields of answers that only one of the two servers has, by the object or list that they are in: a story in which it
# has to show, and why.
FIELDS: dict[str, tuple[str, str]] = {
    "registered_model.user_id": ("registered models", _OWNER),
    "registered_models.user_id": ("searches of registered models", _OWNER),
    "latest_versions.user_id": ("registered models", _OWNER),
    "model_version.user_id": ("versions", _OWNER),
    "model_versions.user_id": ("searches of versions", _OWNER),
    "model_version.model_id": ("versions", _LOGGED_MODEL),
    "info.registrations": ("logged models", "MLflow's protocol has it, but its server never fills it in."),
}
