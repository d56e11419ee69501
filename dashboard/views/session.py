"""Signing in and out."""

from django.contrib.auth.views import LoginView, LogoutView

from dashboard.forms.session import SignInForm

# Both come from Django: `next` is followed only within this site, the session key changes, sign-out needs a POST.
sign_in = LoginView.as_view(
    template_name="pages/sign_in.html", authentication_form=SignInForm, redirect_authenticated_user=True
)
sign_out = LogoutView.as_view()
