"""Estimators and pipelines of scikit-learn, each in one of the formats in which people keep them."""

import pickle
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import cycle
from pathlib import Path
from typing import Any

ROWS = 40


def make(folder: Path) -> None:
    """One file for every estimator, in turns in every format; a few of them in all formats."""
    formats = cycle(FORMATS.items())
    for name, estimator in fitted():
        kind, save = next(formats)
        if name in NOT_IN_SKOPS and kind == "skops":
            kind, save = next(formats)
        save(estimator, folder / f"{name}.{kind}")
    for name, estimator in fitted(only=("pipeline", "forest", "text")):
        for kind, save in FORMATS.items():
            save(estimator, folder / f"{name}-again.{kind}")


# Skops itself refuses to write or to load these.
NOT_IN_SKOPS = ("function", "randomized-search")


def _pickled(protocol: int) -> Callable[[Any, Path], None]:
    def save(estimator: Any, path: Path) -> None:
        path.write_bytes(pickle.dumps(estimator, protocol=protocol))

    return save


def _by_joblib(compress: Any) -> Callable[[Any, Path], None]:
    return lambda estimator, path: import_module("joblib").dump(estimator, path, compress=compress)


def _by_skops(estimator: Any, path: Path) -> None:
    import_module("skops.io").dump(estimator, path)


FORMATS: dict[str, Callable[[Any, Path], None]] = {
    "pkl": _pickled(4),
    "joblib": _by_joblib(0),
    "skops": _by_skops,
    "p5.pickle": _pickled(5),
    "joblib.z": _by_joblib(3),
    "p2.pkl": _pickled(2),
    "joblib.gz": _by_joblib(("gzip", 3)),
    "joblib.xz": _by_joblib(("xz", 3)),
    "joblib.bz2": _by_joblib(("bz2", 3)),
}


def fitted(only: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every estimator by its name, fitted to a little data."""
    numpy = import_module("numpy")
    random = numpy.random.default_rng(7)
    rows = random.normal(size=(ROWS, 3))
    classes = (rows[:, 0] > 0).astype("int64")
    numbers = rows @ numpy.array([1.0, 2.0, -1.0]) + 0.5
    words = ["the cat sat", "a dog ran", "the dog sat", "a cat ran"] * (ROWS // 4)
    table = import_module("pandas").DataFrame(
        {"age": rows[:, 0], "income": rows[:, 1], "town": ["Bonn", "Kyiv", "Lima", "Oslo"] * (ROWS // 4)}
    )
    data = {
        "classes": (rows, classes),
        "numbers": (rows, numbers),
        "counts": (numpy.abs(rows).round(), classes),
        "words": (words, classes),
        "towns": (table[["town"]], classes),
        "table": (table, classes),
        "line": (rows[:, 0], numbers),
        "labels": (classes,),
        "many": (rows, numpy.stack([classes, 1 - classes], axis=1)),
    }
    for kind, makers in (*_plain().items(), *_without_answers().items(), *_composed().items()):
        for name, estimator in makers.items():
            if not only or name in only:
                yield name, estimator.fit(*data[kind])


def _of(module: str) -> Any:
    return import_module(f"sklearn.{module}")


def _plain() -> dict[str, dict[str, Any]]:
    linear, svm, tree = _of("linear_model"), _of("svm"), _of("tree")
    neighbors, bayes, network = _of("neighbors"), _of("naive_bayes"), _of("neural_network")
    process, shape = _of("gaussian_process"), _of("discriminant_analysis")
    kernels = import_module("sklearn.gaussian_process.kernels")
    return {
        "numbers": {
            "linear": linear.LinearRegression(),
            "ridge": linear.Ridge(),
            "ridge-cv": linear.RidgeCV(),
            "lasso": linear.Lasso(alpha=0.1),
            "elastic-net": linear.ElasticNet(alpha=0.1),
            "bayesian-ridge": linear.BayesianRidge(),
            "huber": linear.HuberRegressor(),
            "svr": svm.SVR(),
            "tree-regressor": tree.DecisionTreeRegressor(max_depth=3),
            "neighbors-regressor": neighbors.KNeighborsRegressor(algorithm="ball_tree"),
            "network-regressor": network.MLPRegressor(hidden_layer_sizes=(4,), max_iter=20),
            "process": process.GaussianProcessRegressor(kernels.RBF() + kernels.WhiteKernel()),
            "pls": import_module("sklearn.cross_decomposition").PLSRegression(),
        },
        "classes": {
            "logistic": linear.LogisticRegression(),
            "sgd": linear.SGDClassifier(),
            "perceptron": linear.Perceptron(),
            "svc": svm.SVC(probability=False),
            "linear-svc": svm.LinearSVC(),
            "one-class": svm.OneClassSVM(),
            "neighbors": neighbors.KNeighborsClassifier(algorithm="kd_tree"),
            "centroid": neighbors.NearestCentroid(),
            "outliers": neighbors.LocalOutlierFactor(novelty=True, n_neighbors=5),
            "tree": tree.DecisionTreeClassifier(max_depth=3),
            "gaussian-bayes": bayes.GaussianNB(),
            "bernoulli-bayes": bayes.BernoulliNB(),
            "discriminant": shape.LinearDiscriminantAnalysis(),
            "quadratic": shape.QuadraticDiscriminantAnalysis(),
            "network": network.MLPClassifier(hidden_layer_sizes=(4,), max_iter=20),
        },
    }


def _without_answers() -> dict[str, dict[str, Any]]:
    clusters, parts, scaling, bayes = _of("cluster"), _of("decomposition"), _of("preprocessing"), _of("naive_bayes")
    import_module("sklearn.experimental.enable_iterative_imputer")
    impute, choice = _of("impute"), _of("feature_selection")
    return {
        "classes": {
            "k-means": clusters.KMeans(2, n_init=1),
            "mini-batch-k-means": clusters.MiniBatchKMeans(2, n_init=1),
            "dbscan": clusters.DBSCAN(),
            "birch": clusters.Birch(n_clusters=2),
            "agglomerative": clusters.AgglomerativeClustering(2),
            "mixture": _of("mixture").GaussianMixture(2),
            "pca": parts.PCA(2),
            "svd": parts.TruncatedSVD(2),
            "ica": parts.FastICA(2, max_iter=500),
            "kernel-pca": parts.KernelPCA(2, kernel="rbf"),
            "standard-scaler": scaling.StandardScaler(),
            "quantiles": scaling.QuantileTransformer(n_quantiles=10),
            "power": scaling.PowerTransformer(),
            "polynomial": scaling.PolynomialFeatures(),
            "bins": scaling.KBinsDiscretizer(3, encode="ordinal", quantile_method="averaged_inverted_cdf"),
            "imputer": impute.SimpleImputer(),
            "knn-imputer": impute.KNNImputer(),
            "iterative-imputer": impute.IterativeImputer(max_iter=2),
            "k-best": choice.SelectKBest(choice.f_classif, k=2),
        },
        "counts": {"multinomial-bayes": bayes.MultinomialNB(), "nmf": parts.NMF(2, max_iter=500)},
        "line": {"isotonic": _of("isotonic").IsotonicRegression()},
        "labels": {"label-encoder": scaling.LabelEncoder()},
        "towns": {
            "one-hot": scaling.OneHotEncoder(),
            "ordinal": scaling.OrdinalEncoder(),
            "target-encoder": scaling.TargetEncoder(cv=2),
        },
    }


def _composed() -> dict[str, dict[str, Any]]:
    ensemble, linear, scaling, search = (
        _of("ensemble"),
        _of("linear_model"),
        _of("preprocessing"),
        _of("model_selection"),
    )
    text, pipeline, several = _of("feature_extraction.text"), _of("pipeline").make_pipeline, _of("multiclass")
    numpy, stats = import_module("numpy"), import_module("scipy.stats")
    logistic, small = linear.LogisticRegression(), {"n_estimators": 2, "max_depth": 2, "random_state": 1}
    columns = _of("compose").ColumnTransformer(
        [("numbers", scaling.StandardScaler(), ["age", "income"]), ("words", scaling.OneHotEncoder(), ["town"])]
    )
    return {
        "classes": {
            "forest": ensemble.RandomForestClassifier(**small),
            "extra-trees": ensemble.ExtraTreesClassifier(**small),
            "boosting": ensemble.GradientBoostingClassifier(**small),
            "histogram": ensemble.HistGradientBoostingClassifier(max_iter=2, max_depth=2),
            "ada": ensemble.AdaBoostClassifier(n_estimators=2),
            "bagging": ensemble.BaggingClassifier(n_estimators=2),
            "isolation": ensemble.IsolationForest(n_estimators=2),
            "voting": ensemble.VotingClassifier([("a", logistic), ("b", linear.RidgeClassifier())]),
            "stacking": ensemble.StackingClassifier([("a", logistic)], linear.LogisticRegression(), cv=2),
            "calibrated": _of("calibration").CalibratedClassifierCV(linear.RidgeClassifier(), cv=2),
            "one-against-rest": several.OneVsRestClassifier(logistic),
            "grid-search": search.GridSearchCV(logistic, {"C": [0.1, 1.0]}, cv=2),
            "randomized-search": search.RandomizedSearchCV(logistic, {"C": stats.uniform(0.1, 1)}, n_iter=2, cv=2),
            "elimination": _of("feature_selection").RFE(logistic, n_features_to_select=2),
            "function": pipeline(scaling.FunctionTransformer(numpy.abs), logistic),
        },
        "numbers": {
            "forest-regressor": ensemble.RandomForestRegressor(**small),
            "boosting-regressor": ensemble.GradientBoostingRegressor(**small),
            "histogram-regressor": ensemble.HistGradientBoostingRegressor(max_iter=2, max_depth=2),
            "log-target": _of("compose").TransformedTargetRegressor(
                linear.LinearRegression(), transformer=scaling.StandardScaler()
            ),
        },
        "many": {"multi-output": _of("multioutput").MultiOutputClassifier(logistic)},
        "words": {
            "text": pipeline(text.TfidfVectorizer(), linear.LogisticRegression()),
            "counts": pipeline(text.CountVectorizer(ngram_range=(1, 2)), _of("naive_bayes").MultinomialNB()),
            "hashing": pipeline(text.HashingVectorizer(n_features=16), linear.SGDClassifier()),
        },
        "table": {"pipeline": pipeline(columns, linear.LogisticRegression())},
    }
