"""Shops never meet: what PostgreSQL refuses, whatever the code above it does."""

import threading

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, connections, transaction

from tenants.isolation import ShopConflictError, current_shop_id, shop_context
from tenants.models import AuditEntry, Brand, ShopModel
from tests import make
from tracking.models import Order, OrderLine

SHOP_MODELS = [m for m in apps.get_models() if issubclass(m, ShopModel)]
GLOBAL = {  # tables by which a request or a person finds a shop: no content of any
    "tenants_host", "tenants_membership", "tenants_invitation", "tenants_keyhash",
}  # fmt: skip


def rows(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


@pytest.mark.django_db
def test_every_table_with_a_shop_is_under_forced_row_level_security():
    tables = rows(
        """SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity,
                  (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'shop_isolation'
                   AND pg_get_expr(p.polqual, c.oid) LIKE '%%( SELECT%%NULLIF%%' AND p.polwithcheck IS NOT NULL)
           FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
           WHERE c.relkind = 'r' AND a.attname = 'shop_id' AND c.relnamespace = 'public'::regnamespace"""
    )
    assert {t[0] for t in tables} == GLOBAL | {m._meta.db_table for m in SHOP_MODELS}
    assert [t for t in tables if t[0] not in GLOBAL and t[1:] != (True, True, 1)] == []


@pytest.mark.django_db
def test_every_key_between_shops_tables_includes_the_shop():
    keys = rows(
        """SELECT con.conname, array_agg(a.attname::text ORDER BY k.n)
           FROM pg_constraint con CROSS JOIN LATERAL unnest(con.conkey) WITH ORDINALITY k(num, n)
           JOIN pg_attribute a ON a.attrelid = con.conrelid AND a.attnum = k.num
           WHERE con.contype = 'f' AND con.conrelid::regclass::text = ANY(%s) AND con.confrelid::regclass::text = ANY(%s)
           GROUP BY con.oid, con.conname""",
        *[[m._meta.db_table for m in SHOP_MODELS]] * 2,
    )
    assert keys, "the catalogue query found nothing"
    assert [k for k in keys if k[1][0] != "shop_id"] == []


@pytest.mark.django_db
def test_no_unique_constraint_tells_one_shop_what_another_holds():
    uniques = rows(
        """SELECT i.indrelid::regclass::text, i.indexrelid::regclass::text, a.attname
           FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
           WHERE i.indisunique AND NOT i.indisprimary AND i.indrelid::regclass::text = ANY(%s)""",
        [m._meta.db_table for m in SHOP_MODELS],
    )
    assert [u for u in uniques if u[2] != "shop_id"] == []


@pytest.mark.django_db
def test_the_app_role_may_neither_bypass_nor_lift_the_security():
    assert rows("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user") == [
        (False, False)
    ]
    for sql in (
        "TRUNCATE tracking_order CASCADE",
        "ALTER TABLE tracking_order DISABLE ROW LEVEL SECURITY",
        "SET ROLE rastro_owner",
        "SET ROLE rastro_maint",
        "DROP POLICY shop_isolation ON tracking_order",
        "CREATE TABLE mine (id int)",
        "SET row_security = off; SELECT count(*) FROM tracking_order",
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows(sql)


@pytest.mark.django_db
@pytest.mark.parametrize("model", SHOP_MODELS, ids=lambda m: m.__name__)
def test_without_a_shop_there_are_no_rows_and_no_writes(model):
    shop = make.shop()
    assert model.objects.count() == 0
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        model.objects.create(shop=shop)


@pytest.mark.django_db
def test_one_shop_neither_sees_nor_changes_nor_takes_anothers_rows():
    ours, theirs = make.shop(), make.shop()
    with shop_context(theirs.pk):
        order = make.order(theirs)
    with shop_context(ours.pk):
        assert Order.objects.filter(pk=order.pk).first() is None
        assert rows("SELECT id FROM tracking_order WHERE id = %s", order.pk) == []
        assert Order.objects.filter(pk=order.pk).update(city="Roma") == 0
        assert Order.objects.filter(pk=order.pk).delete()[0] == 0
        mine = make.order(ours)
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Order.objects.filter(pk=mine.pk).update(shop=theirs)
        with pytest.raises(IntegrityError), transaction.atomic():
            OrderLine.objects.create(shop=ours, order_id=order.pk, position=7, title="theirs")
    with shop_context(theirs.pk):
        assert Order.objects.get(pk=order.pk).city == "Madrid"


@pytest.mark.django_db
def test_two_shops_may_use_the_same_order_number():
    for shop in (make.shop(), make.shop()):
        with shop_context(shop.pk):
            make.order(shop, number="1042")
            assert Order.objects.filter(number="1042").count() == 1


@pytest.mark.django_db
def test_a_shop_inside_another_shop_is_a_bug_and_says_so():
    ours, theirs = make.shop(), make.shop()
    with shop_context(ours.pk):
        with shop_context(ours.pk):
            assert Brand.objects.count() == 1
        assert Brand.objects.count() == 1
        with pytest.raises(ShopConflictError), shop_context(theirs.pk):
            pass


@pytest.mark.django_db
def test_an_exception_leaves_neither_rows_nor_a_shop_behind():
    shop = make.shop()
    with pytest.raises(RuntimeError), shop_context(shop.pk):
        make.order(shop)
        raise RuntimeError
    assert current_shop_id() is None
    assert Order.objects.count() == 0
    with shop_context(shop.pk):
        assert Order.objects.count() == 0


@pytest.mark.django_db
def test_the_audit_cannot_be_edited():
    from tenants import audit

    shop = make.shop()
    with shop_context(shop.pk):
        entry = audit.record(shop=shop, actor="user:1", action="brand.changed", after={"colour": "#123456"})
        audit.record(shop=shop, actor="user:1", action="brand.changed", after={"colour": "#654321"})
        assert audit.first_broken(shop) is None
        for change in (
            lambda: AuditEntry.objects.filter(pk=entry.pk).update(actor="user:2"),
            lambda: AuditEntry.objects.filter(pk=entry.pk).delete(),
        ):
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                change()


def test_an_edit_of_the_audit_behind_our_back_is_found(committed_db):
    from tenants import audit

    shop = make.shop()
    with shop_context(shop.pk):
        audit.record(shop=shop, actor="user:1", action="brand.changed")
        entry = audit.record(shop=shop, actor="user:1", action="member.removed")
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SET LOCAL ROLE rastro_maint")
        cursor.execute("UPDATE tenants_auditentry SET actor = 'user:9' WHERE id = %s", [entry.pk])
        assert cursor.rowcount == 1
    with shop_context(shop.pk):
        assert audit.first_broken(shop) == entry


def test_the_owner_too_is_bound_by_the_policies(committed_db):
    shop = make.shop()
    with shop_context(shop.pk):
        make.order(shop)
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tracking_order")
        assert cursor.fetchone() == (0,)


def test_the_dispatch_role_sees_the_queues_and_nothing_else(committed_db):
    shop = make.shop()
    with shop_context(shop.pk):
        make.shipment(make.order(shop), polled=make.account(shop))
    with connections["dispatch"].cursor() as cursor:
        cursor.execute("SELECT shop_id FROM tracking_poll")
        assert cursor.fetchall() == [(shop.pk,)]
    for sql in (
        "SELECT customer_email FROM tracking_order",
        "SELECT * FROM tracking_poll",
        "SELECT body FROM carriers_push",
        "SELECT recipient FROM notifications_message",
        "SELECT sealed FROM carriers_account",
        "UPDATE tracking_poll SET account_id = 1",
        "DELETE FROM tracking_poll",
    ):
        with (
            pytest.raises(DatabaseError, match="permission denied"),
            transaction.atomic(using="dispatch"),
            connections["dispatch"].cursor() as cursor,
        ):
            cursor.execute(sql)


def test_threads_of_many_shops_never_see_each_others_rows(committed_db):
    shops = [make.shop() for _ in range(2)]
    for shop in shops:
        with shop_context(shop.pk):
            make.order(shop)
    wrong = []

    def look(shop, times):
        try:
            for n in range(times):
                try:
                    with shop_context(shop.pk):
                        seen = set(Order.objects.values_list("shop_id", flat=True))
                        if seen != {shop.pk}:
                            wrong.append(seen)
                        if n % 5 == 0:
                            raise RuntimeError
                except RuntimeError:
                    pass
                if Order.objects.count():
                    wrong.append("rows without a shop")
        finally:
            connection.close()

    threads = [threading.Thread(target=look, args=(shops[n % 2], 60)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
