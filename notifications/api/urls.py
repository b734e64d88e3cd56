"""URLs of the API about what messages sell. Those of orders, and what is at no address, are tracking's."""

from django.urls import path

from notifications.api import choices, coupons, products

urlpatterns = [
    path("coupons/redemptions", coupons.Redemptions.as_view(), name="api-redemptions"),
    path("coupons/<str:code>", coupons.OneCoupon.as_view(), name="api-coupon"),
    path("products", products.Products.as_view(), name="api-products"),
    path("products/<str:sku>", products.OneProduct.as_view(), name="api-product"),
    path("marketing-choices", choices.MarketingChoices.as_view(), name="api-marketing-choices"),
]
