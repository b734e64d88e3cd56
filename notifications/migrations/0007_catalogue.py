"""Products by category, coupons used on orders that come in later, and how far orders were read for sales."""

import django.db.models.deletion
from django.db import migrations, models

from tenants import isolation


def of_shop():
    return models.ForeignKey(
        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.shop"
    )


def own_id():
    return models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


def to(name, model, on_delete, **more):
    return isolation.ShopForeignKey(on_delete=on_delete, related_name=name, to=model, **more)


def perhaps(name, model):
    return to(name, model, django.db.models.deletion.SET_NULL, blank=True, null=True)


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0006_worth"),
        ("tenants", "0006_tiles"),
        ("tracking", "0017_messages"),
    ]

    operations = [
        migrations.CreateModel(
            name="CouponGiven",
            fields=[
                ("id", own_id()),
                ("at", models.DateTimeField()),
                ("coupon", to("gifts", "notifications.coupon", django.db.models.deletion.CASCADE)),
                ("order", to("coupons_given", "tracking.order", django.db.models.deletion.CASCADE)),
                ("message", perhaps("coupons_given", "notifications.message")),
                ("shop", of_shop()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("shop", "coupon", "order"), name="coupon_given_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="SalesRead",
            fields=[
                ("id", own_id()),
                ("up_to", models.DateTimeField()),
                ("shop", of_shop()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("shop",), name="sales_read_once")],
            },
        ),
        migrations.CreateModel(
            name="Shelf",
            fields=[
                ("id", own_id()),
                ("category", models.CharField(db_collation="C", max_length=60)),
                ("position", models.IntegerField(default=0)),
                ("product", to("shelves", "notifications.product", django.db.models.deletion.CASCADE)),
                ("shop", of_shop()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["shop", "category", "position", "product"], name="shelf_in_order")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("shop", "product", "category"), name="shelf_once")
                ],
            },
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(
                condition=models.Q(("available", True)),
                fields=["shop", "position", "id"],
                name="product_to_be_had",
            ),
        ),
        migrations.AddIndex(
            model_name="redemption",
            index=models.Index(
                condition=models.Q(("order", None)),
                fields=["shop", "order_number"],
                name="redemption_of_unknown",
            ),
        ),
        migrations.AddIndex(
            model_name="redemption",
            index=models.Index(
                condition=models.Q(("order", None), _negated=True),
                fields=["shop", "order"],
                name="redemption_of_order",
            ),
        ),
        isolation.Isolate("CouponGiven"),
        isolation.Isolate("SalesRead"),
        isolation.Isolate("Shelf"),
    ]
