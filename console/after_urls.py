"""URLs of what comes after the delivery: reviews, invoices, a customer's data."""

from django.urls import path

from console import invoices, order_data, reviews

urlpatterns = [
    path("reviews/", reviews.reviews, name="reviews"),
    path("reviews/reviews.csv", reviews.as_csv, name="reviews_csv"),
    path("reviews/<int:pk>/publish/", reviews.publish, name="review_publish"),
    path("reviews/<int:pk>/reject/", reviews.reject, name="review_reject"),
    path("reviews/<int:pk>/answer/", reviews.answer, name="review_answer"),
    path("invoices/", invoices.invoices, name="invoices"),
    path("invoices/setup/", invoices.setup, name="invoice_setup"),
    path("invoices/<int:pk>/", invoices.invoice, name="invoice"),
    path("invoices/<int:pk>/issue/", invoices.issue, name="invoice_issue"),
    path("invoices/<int:pk>/refuse/", invoices.refuse, name="invoice_refuse"),
    path("invoices/<int:pk>/credit/", invoices.take_back, name="invoice_take_back"),
    path("invoices/<int:pk>/shown/", invoices.shown, name="invoice_shown"),
    path("invoices/<int:pk>/pdf/", invoices.pdf, name="invoice_pdf"),
    path("orders/<int:pk>/data/", order_data.data, name="order_data"),
    path("orders/<int:pk>/data/export/", order_data.export, name="order_data_export"),
    path("orders/<int:pk>/data/erase/", order_data.erase, name="order_data_erase"),
]
