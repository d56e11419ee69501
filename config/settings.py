"""Settings, read from the environment; every default suits one machine with nothing else on it."""

import os
from pathlib import Path

from csp.constants import NONE, SELF

from config import environment, sidebar

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = environment.data_folder(BASE_DIR / "data")
PORT = int(os.environ.get("PORT", "8000"))

SECRET_KEY = environment.secret_key(DATA_DIR)
SECRET_KEY_FALLBACKS = environment.listed("SECRET_KEY_FALLBACKS")
DEBUG = environment.is_on("DEBUG")
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", *environment.listed("ALLOWED_HOSTS")]
CSRF_TRUSTED_ORIGINS = environment.listed("TRUSTED_ORIGINS")

# The two places where a lower floor calls upward.
PROMOTION_GATES = ["scanning.gates.unsafe_stays_out", "approvals.gates.policy_holds"]
EVENT_LISTENERS = [
    "accounts.listeners.close_requests_with_thing",
    "tracking.listeners.furnish_registry",
    "registry.listeners.furnish_registry",
    "scanning.listeners.scan_new_version",
    "supply.listeners.store_when_scanned",
    "supply.listeners.match_when_imported",
    "supply.listeners.bring_signatures_along",
    "supply.listeners.attest_live_move",
    "approvals.listeners.furnish_registry",
    "approvals.listeners.apply_when_scanned",
    "approvals.listeners.apply_when_completed",
    "approvals.listeners.apply_when_moved",
    "approvals.listeners.close_with_version",
]

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "guardian",
    "csp",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "events",
    "accounts",
    "blobs",
    "tracking",
    "registry",
    "scanning",
    "supply",
    "approvals",
    "protocols.mlflow_import",
    "protocols.rest",
    "dashboard",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.origin.OriginMiddleware",
    "config.short_way.ShortWay",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "dashboard.sign_in.middleware.SessionTrace",
    "dashboard.sign_in.middleware.SecondFactorFirst",
    "dashboard.middleware.HouseErrorPages",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASES = {"default": environment.database(os.environ.get("DATABASE_URL", ""), DATA_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.authentication.NameOrEmailBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
# How many wrong passwords within how many seconds lock a name from one address, a name from anywhere, and an address.
SIGN_IN_LOCKS = {"name_and_address": (10, 900), "name": (100, 3600), "address": (200, 900)}
INVITATION_DAYS = 7
# How far in the future the end of a role may lie that somebody asks for.
LONGEST_REQUESTED_ROLE_DAYS = environment.whole_number("LONGEST_REQUESTED_ROLE_DAYS", 365)
# The longest life of access tokens in days; one that was made for longer ends that long after it was made.
TOKEN_LONGEST_LIFE_DAYS = environment.whole_number("TOKEN_LONGEST_LIFE_DAYS", 366)
TOKEN_LONGEST_LIFE_DAYS_SERVICE = environment.whole_number("TOKEN_LONGEST_LIFE_DAYS_SERVICE", TOKEN_LONGEST_LIFE_DAYS)
# Hosts (or host:port) of issuers of identity tokens that may have a private address and may do without https.
ISSUERS_INSIDE = environment.listed("ISSUERS_INSIDE")
IDENTITY_TOKEN_LONGEST_AGE_MINUTES = environment.whole_number("IDENTITY_TOKEN_LONGEST_AGE_MINUTES", 60)
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"
ANONYMOUS_USER_NAME = None
# Off: nobody signs in with a password, neither on pages nor at an API; what is left is single sign-on, and tokens.
PASSWORD_SIGN_IN = environment.is_on("PASSWORD_SIGN_IN", default=True)
REQUIRE_SECOND_FACTOR = environment.one_of("REQUIRE_SECOND_FACTOR", "off", "administrators", "everybody")

# Advisories: where a zip file of OSV records is fetched from (empty: they are imported by hand), how often, from which
# hosts (or host:port) that may have a private address and do without https, and after how many days they are stale.
ADVISORIES_URL = os.environ.get("ADVISORIES_URL", "")
ADVISORIES_EVERY_HOURS = environment.whole_number("ADVISORIES_EVERY_HOURS", 24)
ADVISORIES_INSIDE = environment.listed("ADVISORIES_INSIDE")
ADVISORIES_STALE_DAYS = environment.whole_number("ADVISORIES_STALE_DAYS", 14)

# Mail: printed unless there is a server to send it.
MAIL_IS_SENT = bool(os.environ.get("EMAIL_URL"))
globals().update(environment.mail_server(os.environ.get("EMAIL_URL", "")))
DEFAULT_FROM_EMAIL = os.environ.get("MAIL_FROM") or "gatehouse@localhost"

# Sign-in on pages. What is not offered (sign-up, several addresses, ...) has no address in dashboard.urls.
ACCOUNT_ADAPTER = "dashboard.sign_in.adapters.PagesAdapter"
ACCOUNT_FORMS = {
    "login": "dashboard.forms.session.SignInForm",
    "change_password": "dashboard.forms.session.ChangePasswordForm",
    "reset_password": "dashboard.forms.session.ForgottenForm",
    "reset_password_from_key": "dashboard.forms.session.NewPasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = MAIL_IS_SENT
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Gatehouse] "
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if environment.is_on("HTTPS_ONLY") else "http"
# Guessing is slowed down in accounts.authentication, which counts in the database; these would count per process.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": None, "change_password": None}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_FORMS = {"authenticate": "dashboard.forms.session.CodeForm"}
SOCIALACCOUNT_ADAPTER = "dashboard.sign_in.adapters.ProviderAdapter"
SOCIALACCOUNT_PROVIDERS = environment.single_sign_on()
OIDC_GROUPS_CLAIM = os.environ.get("OIDC_GROUPS_CLAIM") or "groups"
OIDC_CREATE_PEOPLE = environment.is_on("OIDC_CREATE_PEOPLE", default=True)
OIDC_LINK_BY_EMAIL = environment.is_on("OIDC_LINK_BY_EMAIL")
OIDC_ADMINISTRATORS_GROUP = os.environ.get("OIDC_ADMINISTRATORS_GROUP", "")
OIDC_AUDITORS_GROUP = os.environ.get("OIDC_AUDITORS_GROUP", "")
# Access is decided in accounts.access, which reads guardian's tables without guardian's backend.
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]

# Where the bytes are: empty for the data folder, or s3://bucket?endpoint=https://...&region=...
STORAGE_URL = os.environ.get("STORAGE_URL", "")
S3_ACCESS_KEY_ID = os.environ.get("S3_ACCESS_KEY_ID", "")
S3_SECRET_ACCESS_KEY = os.environ.get("S3_SECRET_ACCESS_KEY", "")

CELERY_BROKER_URL = os.environ.get("CELERY_BROKER_URL") or f"durablefs://{DATA_DIR / 'queue'}"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    "resend-stale-scans": {"task": "scanning.resend_stale_scans", "schedule": 30.0},
    "scan-again": {"task": "scanning.scan_again", "schedule": 30.0},
    "end-waivers": {"task": "scanning.end_waivers", "schedule": 60.0},
    "refresh-advisories": {"task": "supply.refresh_advisories", "schedule": ADVISORIES_EVERY_HOURS * 3600.0},
    "match-packages": {"task": "supply.match_packages", "schedule": 600.0},
    "apply-approved-reviews": {"task": "approvals.apply_approved_reviews", "schedule": 60.0},
    "sweep-blobs": {"task": "blobs.sweep", "schedule": 3600.0},
    "end-grants": {"task": "accounts.end_grants", "schedule": 60.0},
    "sweep-accounts": {"task": "accounts.sweep", "schedule": 3600.0},
}

SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = environment.is_on("HTTPS_ONLY")
SECURE_SSL_REDIRECT = environment.is_on("HTTPS_ONLY")
SECURE_HSTS_SECONDS = 31_536_000 if environment.is_on("HTTPS_ONLY") else 0
BEHIND_PROXY = environment.is_on("BEHIND_PROXY")
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    # The admin's own pages need inline scripts; config.origin gives them a policy of their own.
    "EXCLUDE_URL_PREFIXES": ["/admin", "/api/v1/docs"],
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
# One number bounds every body that Django reads into memory; artifact uploads are streamed and are not bound by it.
DATA_UPLOAD_MAX_MEMORY_SIZE = 32 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)  # whitenoise warns of a missing one; without collectstatic it asks the finders
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["protocols.rest.auth.Credentials"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "protocols.rest.errors.problem",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Gatehouse",
    "DESCRIPTION": "Register, scan, review and promote models.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}
UNFOLD = {
    "SITE_TITLE": "Gatehouse",
    "SITE_HEADER": "Gatehouse",
    "SITE_URL": "/",
    "SITE_ICON": sidebar.mark,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": sidebar.mark}],
    "COLORS": {"primary": sidebar.ACCENT},
    "SHOW_HISTORY": False,  # the audit log tells more
    "SIDEBAR": {"navigation": sidebar.NAVIGATION},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "INFO")},
    # A refused request is the client's mistake; clients make some on purpose, to see whether a thing exists.
    "loggers": {"django.request": {"level": "ERROR"}},
}
