"""The names that make_allow_list.py puts on the allow list by hand, and what it leaves out. The gate never reads this.

Every name here was looked up in the source of the library; see make_allow_list.py for the rule.
"""

# Parts of scikit-learn that fetch, run, plot or test, or that only hold the code of others.
SKIPPED = (
    "__check_build", "_build_utils", "_distributor", "conftest", "datasets", "experimental", "externals", "tests",
    "_testing", "utils._joblib", "utils.parallel", "utils._show_versions", "utils.discovery", "utils._mocking",
    "utils._estimator_html_repr", "utils._plotting", "callback", "inspection", "_plot", "utils._repr_html",
    "utils._test_common", "utils.estimator_checks",
)  # fmt: skip
# Modules of scikit-learn whose functions estimators keep as parameters; they may be named, never called while loading.
SKLEARN_FUNCTIONS = (
    "sklearn.metrics",
    "sklearn.feature_selection",
    "sklearn.gaussian_process",
    "sklearn.kernel_approximation",
    "sklearn.cluster",
)
# Compiled modules of scikit-learn whose classes and rebuilding functions are called while saved models are loaded.
SKLEARN_CALLED = (
    "sklearn._loss._loss",
    "sklearn.linear_model._sgd_fast",
    "sklearn.metrics._dist_metrics",
    "sklearn.neighbors._",
    "sklearn.tree._criterion",
)
# Other compiled classes are parts of algorithms: nothing that is saved holds them, and an empty one can crash.
COMPILED = {"sklearn.tree._tree": frozenset({"Tree"})}
COMPILED_PARTS = (
    "sklearn.cluster._hdbscan._", "sklearn.cluster._hierarchical_fast",
    "sklearn.ensemble._hist_gradient_boosting._binning", "sklearn.ensemble._hist_gradient_boosting._bitset",
    "sklearn.ensemble._hist_gradient_boosting.histogram", "sklearn.ensemble._hist_gradient_boosting.splitting",
    "sklearn.linear_model._cd_fast", "sklearn.manifold._barnes_hut_tsne", "sklearn.manifold._utils",
    "sklearn.metrics._pairwise_distances_reduction",
    "sklearn.neighbors._quad_tree", "sklearn.svm._lib", "sklearn.tree._criterion", "sklearn.tree._partitioner",
    "sklearn.tree._splitter", "sklearn.tree._tree", "sklearn.tree._utils", "sklearn.utils._cython_blas",
    "sklearn.utils._fast_dict",
    "sklearn.utils._heap", "sklearn.utils._isfinite", "sklearn.utils._random", "sklearn.utils._seq_dataset",
    "sklearn.utils._sorting", "sklearn.utils._typedefs", "sklearn.utils._vector_sentinel",
    "sklearn.utils._weight_vector",
)  # fmt: skip

# Names that look like the rest and are not: they call what they hold, or nothing that is saved holds them.
LEFT_OUT = frozenset({
    "BinaryTree", "BinaryTree32", "BinaryTree64", "NeighborsHeap", "NeighborsHeap32", "NeighborsHeap64", "NodeHeap",
    "PyFuncDistance", "PyFuncDistance32", "PyFuncDistance64", "PytestWeightedFenwickTree",
    "sklearn.model_selection._search.ParameterSampler", "numpy.object0",
})  # fmt: skip

STANDARD = {
    "call": {
        "_codecs": "encode",
        "array": "array _array_reconstructor",
        "builtins": "bool bytearray bytes complex dict float frozenset int list object range set slice str tuple type",
        "collections": "Counter OrderedDict UserDict UserList defaultdict deque",
        "copyreg": "__newobj__ __newobj_ex__ _reconstructor",
        "datetime": "date datetime time timedelta timezone",
        "decimal": "Decimal",
        "fractions": "Fraction",
        "functools": "partial",
        "operator": "itemgetter",
        "_operator": "itemgetter",
        "pathlib": "PosixPath PurePath PurePosixPath PureWindowsPath WindowsPath",
        "pathlib._local": "PosixPath PurePath PurePosixPath PureWindowsPath WindowsPath",
        "random": "Random",
        "re": "_compile",
        "types": "SimpleNamespace",
        "uuid": "SafeUUID",
    },
    "class": {"uuid": "UUID"},
    "value": {
        "builtins": "abs all any callable hash len max min round sum sorted Ellipsis NotImplemented",
        "math": "ceil cos exp fabs floor log log10 log1p log2 sin sqrt tan tanh",
    },
}
BUILT_IN_ERRORS = (
    "ArithmeticError AttributeError Exception IndexError KeyError LookupError RuntimeError TypeError ValueError"
)

NUMPY_CORE = {
    "call": {
        "numpy": "dtype",
        "numpy.dtypes": "StringDType",
        "numpy.core._internal": "_convert_to_stringdtype_kwargs",
        "numpy.core.multiarray": "_reconstruct scalar",
        "numpy.core.numeric": "_frombuffer",
        "numpy.ma.core": "_mareconstruct",
        "numpy.random._pickle": "__bit_generator_ctor __generator_ctor __randomstate_ctor",
        "numpy.random.bit_generator": "__pyx_unpickle_SeedSequence",
    },
    "class": {
        "numpy": "ndarray matrix recarray record",
        "numpy.ma": "MaskedArray",
        "numpy.ma.core": "MaskedArray MaskedConstant",
        "numpy.matrixlib.defmatrix": "matrix",
        "numpy.rec": "recarray record",
        "numpy.core.records": "recarray record",
        "numpy.random": "Generator RandomState",
        "numpy.random._generator": "Generator",
        "numpy.random.mtrand": "RandomState",
        "numpy.random.bit_generator": "SeedSequence SeedlessSeedSequence",
        "numpy.random._mt19937": "MT19937",
        "numpy.random._pcg64": "PCG64 PCG64DXSM",
        "numpy.random._philox": "Philox",
        "numpy.random._sfc64": "SFC64",
    },
    "value": {
        # Plain functions of arrays that transformers and scorers are given.
        "numpy": "all any argmax argmin average clip cumsum max mean median min nan_to_num nanmax nanmean nanmedian "
        "nanmin nanstd nansum nanvar percentile prod ptp quantile ravel reshape round squeeze std sum transpose var",
    },
}
# The abstract unpickler knows what these give back, or they only hold plain values.
OTHERS = {
    "call": {
        "pandas._libs.tslibs.timedeltas": "_timedelta_unpickle",
        "pandas._libs.tslibs.timestamps": "_unpickle_timestamp",
        "pandas._libs.arrays": "__pyx_unpickle_NDArrayBacked",
        "pandas._libs.internals": "_unpickle_block",
        "pandas._libs.interval": "Interval",
        "pandas._libs.missing": "NAType",
        "pandas._libs.sparse": "BlockIndex IntIndex",
        "pandas._libs.tslibs.nattype": "_nat_unpickle __nat_unpickle",
        "pandas._libs.tslibs.offsets": "__pyx_unpickle_BaseOffset __pyx_unpickle_SingleConstructorOffset BusinessDay "
        "BusinessMonthBegin BusinessMonthEnd Day Hour Micro Milli Minute MonthBegin MonthEnd Nano QuarterBegin "
        "QuarterEnd Second Tick Week YearBegin YearEnd",
        "pandas._libs.tslibs.period": "Period",
        "pandas.core.indexes.datetimes": "_new_DatetimeIndex",
        "pandas.core.indexes.interval": "_new_IntervalIndex",
        "pandas.core.indexes.period": "_new_PeriodIndex",
        "pandas": "Interval Period PeriodDtype SparseDtype StringDtype",
        "pandas.core.arrays.sparse.dtype": "SparseDtype",
        "pandas.core.dtypes.dtypes": "PeriodDtype SparseDtype",
        "pandas.core.arrays.string_": "StringDtype",
        "pandas.core.indexes.base": "_new_Index",
        "pandas.core.internals.managers": "BlockManager SingleBlockManager",
        "pyarrow.lib": "_restore_array py_buffer type_for_alias",
        "sklearn.tree._tree": "Tree",
    },
    "class": {
        "joblib.numpy_pickle": "NumpyArrayWrapper",
        "pandas": "BooleanDtype Categorical CategoricalDtype CategoricalIndex DataFrame DatetimeIndex DatetimeTZDtype "
        "Float32Dtype Float64Dtype Index Int16Dtype Int32Dtype Int64Dtype Int8Dtype IntervalDtype IntervalIndex "
        "MultiIndex PeriodIndex RangeIndex Series TimedeltaIndex UInt16Dtype UInt32Dtype UInt64Dtype UInt8Dtype",
        "pandas.arrays": "ArrowStringArray BooleanArray DatetimeArray FloatingArray IntegerArray IntervalArray "
        "PeriodArray SparseArray "
        "StringArray TimedeltaArray",
        "pandas.core.arrays.boolean": "BooleanArray BooleanDtype",
        "pandas.core.arrays.categorical": "Categorical",
        "pandas.core.arrays.datetimes": "DatetimeArray",
        "pandas.core.arrays.interval": "IntervalArray",
        "pandas.core.arrays.period": "PeriodArray",
        "pandas.core.arrays.sparse.array": "SparseArray",
        "pandas.core.arrays.floating": "FloatingArray Float32Dtype Float64Dtype",
        "pandas.core.arrays.integer": "IntegerArray Int8Dtype Int16Dtype Int32Dtype Int64Dtype UInt8Dtype "
        "UInt16Dtype UInt32Dtype UInt64Dtype",
        "pandas.core.arrays.string_": "StringArray",
        "pandas.core.arrays.string_arrow": "ArrowStringArray",
        "pandas.core.arrays.timedeltas": "TimedeltaArray",
        "pandas.core.dtypes.dtypes": "CategoricalDtype DatetimeTZDtype IntervalDtype",
        "pandas.core.frame": "DataFrame",
        "pandas.core.indexes.base": "Index",
        "pandas.core.indexes.category": "CategoricalIndex",
        "pandas.core.indexes.datetimes": "DatetimeIndex",
        "pandas.core.indexes.interval": "IntervalIndex",
        "pandas.core.indexes.multi": "MultiIndex",
        "pandas.core.indexes.numeric": "Float64Index Int64Index UInt64Index",
        "pandas.core.indexes.period": "PeriodIndex",
        "pandas.core.indexes.range": "RangeIndex",
        "pandas.core.indexes.timedeltas": "TimedeltaIndex",
        "pandas.core.series": "Series",
        "scipy.interpolate._bsplines": "BSpline",
        "scipy.interpolate._cubic": "Akima1DInterpolator CubicHermiteSpline CubicSpline PchipInterpolator",
        "scipy.interpolate._interpolate": "BPoly NdPPoly PPoly interp1d",
        "scipy.optimize._optimize": "OptimizeResult",
        "scipy.spatial._ckdtree": "cKDTree",
        "scipy.spatial._kdtree": "KDTree",
    },
    "value": {
        "pandas": "NA NaT",
        "pandas._libs.missing": "NA",
        "scipy._lib.array_api_compat.numpy._aliases": "asarray",
        "sklearn.cluster._kmeans": "_kmeans_single_elkan _kmeans_single_lloyd",
        "scipy.spatial.distance": "cosine euclidean",
    },
}
TORCH = {
    "call": {
        "torch": "Size device",
        # Only ever calls what it is given first, which is held to the functions beside it.
        "torch._tensor": "_rebuild_from_type_v2",
        "torch._utils": "_rebuild_device_tensor_from_numpy _rebuild_meta_tensor_no_storage _rebuild_nested_tensor "
        "_rebuild_parameter _rebuild_parameter_with_state _rebuild_qtensor _rebuild_sparse_tensor _rebuild_tensor "
        "_rebuild_tensor_v2 _rebuild_tensor_v3",
        # The functions of TorchScript's pickles, which give back what they are given.
        "torch.jit._pickle": "build_boollist build_doublelist build_intlist build_tensorlist restore_type_tag",
        "torch.serialization": "_get_layout",
        # Reads a file of PyTorch out of its argument, and so does the gate.
        "torch.storage": "_load_from_bytes",
    },
    "class": {"torch.nn.utils.weight_norm": "WeightNorm", "torch.nn.utils.spectral_norm": "SpectralNorm"},
    "value": {
        "torch": "BFloat16Storage BoolStorage ByteStorage CharStorage ComplexDoubleStorage ComplexFloatStorage "
        "DoubleStorage FloatStorage HalfStorage IntStorage LongStorage QInt32Storage QInt8Storage QUInt2x4Storage "
        "QUInt4x2Storage QUInt8Storage ShortStorage Tensor UntypedStorage "
        "bfloat16 bool cdouble cfloat complex128 complex32 complex64 double float float16 float32 float64 "
        "float8_e4m3fn float8_e4m3fnuz float8_e5m2 float8_e5m2fnuz float8_e8m0fnu half int int16 int32 int64 int8 long "
        "qint32 qint8 quint8 short uint16 uint32 uint64 uint8 "
        "channels_last channels_last_3d contiguous_format preserve_format per_channel_affine "
        "per_channel_affine_float_qparams per_tensor_affine strided relu sigmoid tanh",
        "torch.storage": "TypedStorage UntypedStorage",
        "torch.nn.parameter": "Buffer Parameter",
        # Plain functions of tensors that layers keep as their activation.
        "torch._C._nn": "gelu hardtanh leaky_relu log_sigmoid softplus",
        "torch.nn.functional": "celu elu gelu glu hardsigmoid hardswish hardtanh leaky_relu log_softmax logsigmoid "
        "mish relu relu6 rrelu selu sigmoid silu softmax softmin softplus softsign tanh tanhshrink",
    },
}
CATBOOST = {"data": {"catboost.core": "CatBoost CatBoostClassifier CatBoostRanker CatBoostRegressor"}}
# What estimators and interpolators keep, and the one time zone that needs no file.
SKLEARN = {
    "call": {"pytz": "_UTC"},
    "value": {
        "scipy.interpolate._interpolate": "interp1d._call_linear interp1d._call_linear_np interp1d._call_nearest "
        "interp1d._call_previousnext",
        "sklearn.metrics._scorer": "_passthrough_scorer",
        "sklearn.utils.validation": "check_array",
    },
}

# Whose `__setstate__` only keeps what it is given, reads it by plain indexing, or fills in what older files lack,
# whatever the state holds: read by hand. A class with any other gets the use "data", and its state may only hold plain
# data.
STATES_READ = frozenset({
    "sklearn.base.BaseEstimator", "sklearn.utils._bunch.Bunch", "uuid.UUID", "xgboost.core.Booster",
    "lightgbm.basic.Booster", "torch.nn.modules.module.Module", "torch.nn.modules.activation.MultiheadAttention",
    "torch.nn.modules.activation.Softmin", "torch.nn.modules.activation.Softmax",
    "torch.nn.modules.activation.LogSoftmax", "torch.nn.modules.conv._ConvNd", "torch.nn.modules.pooling.AvgPool3d",
    "torch.nn.modules.transformer.TransformerDecoderLayer", "torch.nn.modules.transformer.TransformerEncoderLayer",
    "torch.nn.modules.upsampling.Upsample", "torch.nn.modules.rnn.RNNBase",
})  # fmt: skip
