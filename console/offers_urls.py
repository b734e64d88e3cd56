"""URLs of what messages sell, below a shop's part of the console."""

from django.urls import path

from console import banners, coupons, products, sales

urlpatterns = [
    path("offers/", coupons.coupons, name="offers"),
    path("offers/coupons/add/", coupons.coupon_add, name="coupon_add"),
    path("offers/coupons/<int:pk>/", coupons.coupon, name="coupon"),
    path("offers/coupons/<int:pk>/codes/", coupons.codes, name="coupon_codes"),
    path("offers/coupons/<int:pk>/make/", coupons.make, name="coupon_make"),
    path("offers/coupons/<int:pk>/codes.csv", coupons.codes_csv, name="coupon_csv"),
    path("offers/products/", products.products, name="products"),
    path("offers/products/file/", products.upload, name="products_file"),
    path("offers/products/add/", products.product_add, name="product_add"),
    path("offers/products/<int:pk>/", products.product, name="product"),
    path("offers/products/<int:pk>/remove/", products.product_remove, name="product_remove"),
    path("offers/banners/", banners.banners, name="banners"),
    path("offers/banners/add/", banners.banner_add, name="banner_add"),
    path("offers/banners/<int:pk>/", banners.banner, name="banner"),
    path("offers/banners/<int:pk>/remove/", banners.banner_remove, name="banner_remove"),
    path("offers/sales/", sales.sales, name="offers_sales"),
    path("offers/sales/counting/", sales.counting, name="offers_counting"),
    path("offers/to-whom/", sales.to_whom, name="offers_to_whom"),
]
