"""What runs when, as data. Running one twice, or late, is harmless: each looks for due rows."""

from typing import Any

SCHEDULE: dict[str, dict[str, Any]] = {
    # Polls that fell due. Every 2 s, since out-for-delivery parcels are asked by the minute.
    "poll": {"task": "tracking.tasks.poll_due", "schedule": 2.0, "options": {"expires": 10}},
    # Transitions nobody announced: the wake-up after commit may have been lost.
    "plan": {"task": "notifications.tasks.plan_due", "schedule": 2.0, "options": {"expires": 10}},
    # Orders the clock has something to tell of: it arrives tomorrow, it still waits, nothing was heard of it.
    "ring": {"task": "notifications.tasks.ring_due", "schedule": 10.0, "options": {"expires": 30}},
    # Messages due: the same.
    "deliver": {"task": "notifications.tasks.deliver_due", "schedule": 2.0, "options": {"expires": 10}},
    # Mails nobody knows of: has their provider spoken?
    "unknown": {"task": "notifications.tasks.settle_unknown", "schedule": 60.0, "options": {"expires": 55}},
    # Domains shops' mails come from: does the world take them for theirs?
    "senders": {"task": "notifications.tasks.check_senders", "schedule": 300.0, "options": {"expires": 290}},
    # Carriers' pushes stored but not read.
    "pushes": {"task": "tracking.tasks.read_pushes", "schedule": 5.0, "options": {"expires": 10}},
    # Codes that a person has given a meaning: their parcels are read anew.
    "codes": {"task": "tracking.tasks.reread_codes", "schedule": 5.0, "options": {"expires": 10}},
    # Carriers that push when asked to, for a while: asked, and asked again before the while is over.
    "subscribe": {"task": "tracking.tasks.subscribe", "schedule": 300.0, "options": {"expires": 290}},
    # Invoices issued whose PDF is not made: the wake-up after commit may have been lost.
    "invoices": {"task": "tracking.tasks.make_invoices", "schedule": 10.0, "options": {"expires": 30}},
    # Changes of deliveries to be handed to the carrier or the depot; those under way, to be looked after.
    "changes": {"task": "tracking.tasks.send_changes", "schedule": 5.0, "options": {"expires": 30}},
    # Imports waiting.
    "imports": {"task": "tracking.tasks.run_imports", "schedule": 5.0, "options": {"expires": 30}},
    # Orders owed to messages, and coupons used on them.
    "sales": {"task": "notifications.tasks.attribute_sales", "schedule": 60.0, "options": {"expires": 55}},
    # What follows from time alone: delivered orders that are completed, parcels silent for 30 days.
    "time": {"task": "tracking.tasks.pass_time", "schedule": 300.0, "options": {"expires": 290}},
    # Tickets that an event has settled: "where is it?" of a parcel that has arrived since.
    "tickets": {"task": "tracking.tasks.settle_tickets", "schedule": 10.0, "options": {"expires": 20}},
    # Says that workers live; /healthz/worker fails without it.
    "heartbeat": {"task": "config.tasks.heartbeat", "schedule": 15.0, "options": {"expires": 30}},
    # How far apart scans usually are: a shop measured today is left alone.
    "rhythms": {"task": "tracking.tasks.measure_rhythms", "schedule": 3600.0, "options": {"expires": 3000}},
    # Shops' own names: is their DNS still theirs, and does it lead here? Keeps the list for when the database is away.
    "hosts": {"task": "tenants.tasks.check_hosts", "schedule": 60.0, "options": {"expires": 55}},
    # Views of pages, counted in Redis.
    "visits": {"task": "tracking.tasks.count_visits", "schedule": 10.0, "options": {"expires": 10}},
    # Pages of mails nobody refers to any more, and alarms that will not ring again.
    "leftovers": {"task": "notifications.tasks.tidy", "schedule": 3600.0, "options": {"expires": 3000}},
    # Answers to API requests are kept a day.
    "tidy": {"task": "tracking.tasks.tidy", "schedule": 3600.0, "options": {"expires": 3000}},
}
