"""Signing in, and passwords."""

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_password_login, record_authentication
from allauth.account.models import Login
from allauth.core import context
from allauth.socialaccount.models import SocialAccount
from django import forms
from django.http import HttpRequest, HttpResponse

from accounts.authentication import with_password
from accounts.models import User
from accounts.operations.sign_ins import use_code
from events import context as origin
from lib.errors import Invalid, TooOften

WRONG = "The user name or the password is wrong."


class PatientForm(forms.Form):
    """A form that may have to say that one must wait; the view sends status 429 then."""

    too_often: TooOften | None = None

    def wait(self, refusal: TooOften) -> forms.ValidationError:
        """The refusal as a message of the form."""
        self.too_often = refusal
        return forms.ValidationError(refusal.message)


class SignInForm(PatientForm):
    """User name or e-mail, and password. Unknown names, wrong passwords and sleeping accounts get the same answer."""

    username = forms.CharField(
        label="User name or e-mail",
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True, "autocapitalize": "none"}),
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, request: HttpRequest | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request, self.person = request, None

    def clean(self) -> dict[str, Any]:
        """Find the person."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if "username" in said and "password" in said:
            try:
                self.person = get_adapter().authenticate(
                    self.request, username=said["username"], password=said["password"]
                )
            except TooOften as refusal:
                raise self.wait(refusal) from refusal
            if self.person is None:
                raise forms.ValidationError(WRONG)
        return said

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        """Sign the person in, or go on to the second factor."""
        login = Login(user=self.person, redirect_url=redirect_url)
        response: HttpResponse = perform_password_login(request, {}, login)
        return response


class CodeForm(PatientForm):
    """A code of the generator or a recovery code, of the person whose password was right."""

    code = forms.CharField(
        label="Code",
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True, "autocapitalize": "none"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person, self.used = user, None

    def clean_code(self) -> str:
        """Take the code; it does not work again."""
        code: str = self.cleaned_data["code"]
        try:
            self.used = use_code(self.person, code, actor=self.person)
        except TooOften as refusal:
            raise self.wait(refusal) from refusal
        except Invalid as refusal:
            raise forms.ValidationError(refusal.message) from refusal
        return code

    def save(self) -> None:
        """Remember for this session that it was right."""
        record_authentication(context.request, self.person, "mfa", type=self.used and self.used.type)


class PasswordAgainForm(PatientForm):
    """The password of whoever is signed in."""

    password = forms.CharField(
        label="Your password",
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = user

    def clean_password(self) -> str:
        """Ask as at sign-in, where guessing is slowed down."""
        password: str = self.cleaned_data["password"]
        if not _is_own(self, self.person, password):
            raise forms.ValidationError("This is not your password.")
        return password

    def save(self) -> None:
        """Remember for this session that it was right."""
        record_authentication(context.request, self.person, "password", reauthenticated=True)


class ChangePasswordForm(allauth_forms.ChangePasswordForm, PatientForm):  # type: ignore[misc] # has no types
    """The old password and a new one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _name_fields(self)
        self.fields["oldpassword"].label = "Your password now"
        self.fields["oldpassword"].help_text = ""

    def clean_oldpassword(self) -> str:
        """Ask as at sign-in, where guessing is slowed down."""
        password: str = self.cleaned_data["oldpassword"]
        if not _is_own(self, self.user, password):
            raise forms.ValidationError("This is not your password.")
        return password


class NewPasswordForm(allauth_forms.ResetPasswordKeyForm):  # type: ignore[misc] # has no types
    """A new password for somebody who came by a link."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _name_fields(self)


class ForgottenForm(allauth_forms.ResetPasswordForm):  # type: ignore[misc] # has no types
    """The address that a link is sent to. It is the same answer whether anybody has it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "Your e-mail address"
        self.fields["email"].widget.attrs.pop("placeholder", None)

    def clean_email(self) -> str:
        """Find people who sign in with a password; who only has single sign-on gets none by this way."""
        email: str = super().clean_email()
        found: list[User] = self.users  # type: ignore[has-type]
        linked = set(SocialAccount.objects.filter(user__in=found).values_list("user_id", flat=True))
        self.users = [
            person
            for person in found
            if person.kind == User.Kind.PERSON and (person.has_usable_password() or person.pk not in linked)
        ]
        return email


def _is_own(form: PatientForm, person: User, password: str) -> bool:
    try:
        return with_password(person.username, password, address=origin.current().address) == person
    except TooOften as refusal:
        raise form.wait(refusal) from refusal


def _name_fields(form: forms.Form) -> None:
    for name, label in (("password1", "New password"), ("password2", "New password again")):
        form.fields[name].label = label
        form.fields[name].help_text = "At least 12 characters; a few words are easy to remember." * (
            name == "password1"
        )
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)
