"""Bytes named by their SHA-256, frozen trees and mutable folders of them. Knows nothing of runs, models or versions."""
