"""How carriers that take it are asked to deliver otherwise: one module a carrier, requests and answers, both pure."""
