"""Policies, reviews, decisions and promotions: who has to agree before a version moves."""
