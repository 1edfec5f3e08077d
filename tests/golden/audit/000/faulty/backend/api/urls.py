from django.urls import path

from .views_modules import common, orders, sellers

urlpatterns = [
    path("me/clerk/", common.ClerkMeView.as_view()),
    path("storage/check/", common.SupabaseCheckView.as_view()),
    path("orders/<uuid:order_id>/confirm/", orders.ConfirmOrderView.as_view()),
    path("orders/<uuid:order_id>/", orders.OrderDetailView.as_view()),
    path("payments/webhook/", orders.payment_webhook),
    path("seller/work-orders/", sellers.WorkOrderView.as_view()),
    path("seller/payouts/", sellers.PayoutView.as_view()),
]
