"""Addresses of signing in and of one's own account. What allauth reverses by name has that name as well as ours."""

from django.urls import URLPattern, path, re_path

from dashboard.views import account, session, single_sign_on

urlpatterns: list[URLPattern] = [
    path("sign-in", session.sign_in, name="sign-in"),
    path("sign-in", session.sign_in, name="account_login"),
    path("sign-in/code", session.second_factor, name="mfa_authenticate"),
    path("sign-in/single", single_sign_on.single_sign_on, name="single-sign-on"),
    path("sign-in/single/back", single_sign_on.back, name="single-sign-on-back"),
    path("sign-in/forgotten", session.forgotten, name="account_reset_password"),
    path("sign-in/forgotten/sent", session.link_sent, name="account_reset_password_done"),
    path("sign-in/new-password/done", session.password_set, name="account_reset_password_from_key_done"),
    re_path(
        r"^sign-in/new-password/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)$",
        session.new_password,
        name="account_reset_password_from_key",
    ),
    path("sign-out", session.sign_out, name="sign-out"),
    path("account", account.account, name="account"),
    path("account/confirm", session.confirm, name="confirm"),
    path("account/password", account.change_password, name="change-password"),
    path("account/second-factor", account.second_factor, name="second-factor"),
    path("account/second-factor/new", account.set_up_second_factor, name="set-up-second-factor"),
    path("account/second-factor/recovery-codes", account.new_recovery_codes, name="new-recovery-codes"),
    path("account/second-factor/off", account.turn_off_second_factor, name="turn-off-second-factor"),
    path("account/sessions", account.sessions, name="sessions"),
    path("account/sessions/others/end", account.end_all_other_sessions, name="end-other-sessions"),
    path("account/sessions/<int:pk>/end", account.end_one_session, name="end-session"),
    path("account/single-sign-on/unlink", account.unlink, name="unlink"),
]
