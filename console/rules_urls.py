"""URLs of a shop's rules: whom to tell of what, below its part of the console."""

from django.urls import path

from console import bounds, rule_edit, rule_trial, rules

urlpatterns = [
    path("notifications/", rules.rules, name="rules"),
    path("rules/new/", rule_edit.new, name="rule_new"),
    path("rules/try/", rule_trial.trial, name="rule_trial"),
    path("rules/words/", rule_edit.words, name="rule_words"),
    path("rules/order/", rule_edit.arrange, name="rule_order"),
    path("rules/bounds/", bounds.bounds, name="rule_bounds"),
    path("rules/<str:key>/", rule_edit.edit, name="rule"),
    path("rules/<str:key>/act/", rule_edit.act, name="rule_act"),
]
