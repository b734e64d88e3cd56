"""One order with everything its page shows, as a function: planned once a connection and not at every first
sight, which is where most of the time went. Row-level security binds it like any statement of its caller."""

from django.db import migrations

CREATE = """
CREATE FUNCTION tracking_page(
  p_shop bigint, p_token_hash text, p_now timestamptz, p_stale_before timestamptz, p_known_order integer,
  p_known_brand integer
) RETURNS TABLE (order_version integer, brand_version integer, stale bigint[], told text)
LANGUAGE plpgsql STABLE AS $page$
BEGIN
  RETURN QUERY
  SELECT o.version, b.version,
    ARRAY(
      SELECT l.shipment_id FROM tracking_shipment p
      JOIN tracking_poll l ON l.shop_id = p.shop_id AND l.shipment_id = p.id
      WHERE p.shop_id = o.shop_id AND p.order_id = o.id AND l.next_at > p_now
        AND (l.asked_at IS NULL OR l.asked_at < p_stale_before) LIMIT 5),
    CASE WHEN o.version = p_known_order AND b.version = p_known_brand THEN NULL ELSE json_build_object(
      'order', (SELECT to_json(x) FROM (SELECT
        o.id, o.number, o.placed_at, o.currency, o.total, o.customer_name, o.language, o.address_line,
        o.address_extra, o.city, o.region, o.postal_code, o.country, o.cancel_reason, o.expected_parcels,
        o.restock_date, o.promised_date, o.state, o.state_since, o.health, o.attention, o.eta_first, o.eta_last,
        o.slot_from, o.slot_to, o.last_event_at) x),
      'look', (SELECT to_json(x) FROM (SELECT
        b.colour, b.background, b.font, b.radius, b.logo_hash, b.logo_width, b.logo_height, b.banner_title,
        b.banner_text, b.banner_code, b.banner_url, b.banner_label, b.links, b.social) x),
      'lines', (SELECT json_agg(x) FROM (
        SELECT id, title, variant, quantity, cancelled, unit_price, image_url FROM tracking_orderline
        WHERE shop_id = o.shop_id AND order_id = o.id ORDER BY position LIMIT 200) x),
      'states', (SELECT json_agg(x) FROM (
        SELECT code, labels, canonicals, kind, position, step, visible FROM tracking_shopstate
        WHERE shop_id = o.shop_id ORDER BY position, id) x),
      'moves', (SELECT json_agg(x) FROM (
        SELECT after, occurred_at FROM tracking_transition
        WHERE shop_id = o.shop_id AND order_id = o.id AND kind = 'order'
        ORDER BY occurred_at DESC, id DESC LIMIT 60) x),
      'milestones', (SELECT json_agg(x) FROM (
        SELECT code, at, reference, url FROM tracking_milestone
        WHERE shop_id = o.shop_id AND order_id = o.id ORDER BY at DESC LIMIT 20) x),
      'parcels', (SELECT json_agg(x) FROM (
        SELECT id, carrier, number, direction, whole_order, handed_over_at, status, sub_status, reason,
          status_since, delayed, moved_at, delivered_at, last_event_at, eta_first, eta_last, slot_from, slot_to,
          pickup, options_url,
          (SELECT json_object_agg(line_id, quantity) FROM tracking_shipmentline
            WHERE shop_id = p.shop_id AND shipment_id = p.id) AS units,
          (SELECT json_agg(y) FROM (
            SELECT key, occurred_at, sub_status, text, place, source FROM tracking_trackingevent
            WHERE shop_id = p.shop_id AND shipment_id = p.id
            ORDER BY occurred_at DESC, id DESC LIMIT 120) y) AS events
        FROM tracking_shipment p
        WHERE p.shop_id = o.shop_id AND p.order_id = o.id AND p.status <> 'cancelled'
        ORDER BY p.direction, p.id LIMIT 60) x)
    )::text END
  FROM tracking_order o JOIN tenants_brand b ON b.shop_id = o.shop_id
  WHERE o.shop_id = p_shop AND o.token_hash = p_token_hash;
END
$page$
"""
DROP = "DROP FUNCTION tracking_page(bigint, text, timestamptz, timestamptz, integer, integer)"


class Migration(migrations.Migration):

    dependencies = [
        ("tenants", "0001_initial"),
        ("tracking", "0004_polls_by_place"),
    ]

    operations = [migrations.RunSQL(CREATE, DROP)]
