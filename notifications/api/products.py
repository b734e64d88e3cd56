"""The shop's catalogue, as its messages may show it."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from notifications.api import shapes
from notifications.api.coupons import WRITE
from notifications.services.products import MOST_AT_ONCE, put_products, remove_products
from tracking.api.addresses import plain
from tracking.api.door import ShopView
from tracking.api.reading import Reader


class Products(ShopView):
    scopes = {"PUT": WRITE}

    @extend_schema(
        operation_id="put_products",
        summary="Add or update up to 500 products",
        request=shapes.ProductsBody,
        responses={200: shapes.ProductsAnswer},
        examples=[
            OpenApiExample(
                "One",
                {
                    "products": [
                        {
                            "sku": "TAZ-1",
                            "title": "Taza azul",
                            "url": "https://shop.example/taza-azul",
                            "price": "24.95",
                            "categories": ["Tazas"],
                            "goes_with": ["PLA-3"],
                        }
                    ]
                },
                request_only=True,
            )
        ],
    )
    def put(self, request: Request) -> Response:
        """Known by SKU: sent again, a product is brought up to date, and what you leave out stays. All are taken, or
        none: with 422 comes what is wrong, product by product. A larger catalogue is sent in several calls; what is
        the same as before is written no second time."""
        reader = Reader.of(request.data)
        said = reader.listed("products")
        if said is None:
            reader.complain("products", _("This is needed."))
        elif len(said) > MOST_AT_ONCE:
            reader.complain("products", _("No more than %(most)d, please.") % {"most": MOST_AT_ONCE})
        elif any(not isinstance(one, dict) for one in said):
            reader.complain("products", _("This must be a JSON object: {…}."))
        reader.settle()
        taken = put_products(shop=self.shop_of(request), products=said or [], now=timezone.now())
        return Response({"created": taken.created, "updated": taken.updated, "unchanged": taken.unchanged})


class OneProduct(ShopView):
    scopes = {"DELETE": WRITE}

    @extend_schema(
        operation_id="remove_product", summary="Take a product out of the catalogue", responses={204: None}
    )
    def delete(self, request: Request, sku: str) -> Response:
        """One that comes back some day is better put with `"available": false`."""
        if not remove_products(shop=self.shop_of(request), skus=[plain(sku)[:80]]):
            raise NotFound(_("There is no such product."))
        return Response(status=204)
