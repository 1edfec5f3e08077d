from django.contrib import admin
from django.urls import path, include
from rest_framework_simplejwt.views import TokenObtainPairView, TokenRefreshView
from contacts.api import ContactDetail, ContactList, NoteView, import_contacts, health
from billing.api import CheckoutView, PlanView, StripeHook, customer_portal

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/token/", TokenObtainPairView.as_view()),
    path("api/token/refresh/", TokenRefreshView.as_view()),
    path("api/contacts/", ContactList.as_view()),
    path("api/contacts/<uuid:cid>/", ContactDetail.as_view()),
    path("api/contacts/<uuid:cid>/notes/", NoteView.as_view()),
    path("api/contacts/import/", import_contacts),
    path("api/plan/", PlanView.as_view()),
    path("api/checkout/", CheckoutView.as_view()),
    path("api/portal/", customer_portal),
    path("api/stripe/hook/", StripeHook.as_view()),
    path("health/", health),
]
