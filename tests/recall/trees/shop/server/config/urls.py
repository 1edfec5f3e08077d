from django.contrib import admin
from django.urls import include, path
from rest_framework.routers import DefaultRouter

from accounts.views import AvatarUpload, MeView, TeamInvite, password_login
from catalog.views import ProductViewSet
from orders.views import InvoicePdf, OrderViewSet, RefundView, export_orders, search_orders
from webhooks import views as hooks

router = DefaultRouter()
router.register("products", ProductViewSet)
router.register("orders", OrderViewSet)

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include(router.urls)),
    path("api/me/", MeView.as_view()),
    path("api/login/", password_login),
    path("api/team/invite/", TeamInvite.as_view()),
    path("api/avatar/", AvatarUpload.as_view()),
    path("api/orders/search/", search_orders),
    path("api/orders/export/", export_orders),
    path("api/invoices/<int:invoice_id>/pdf/", InvoicePdf.as_view()),
    path("api/orders/<int:pk>/refund/", RefundView.as_view()),
    path("hooks/stripe/", hooks.stripe_hook),
    path("hooks/clerk/", hooks.clerk_hook),
]
