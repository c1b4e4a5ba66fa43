"""What the domain asks of whoever signs receipts, and of whoever verifies them."""

from __future__ import annotations

from typing import Protocol

from domain.consent.receipt import Receipt, SignedReceipt


class ReceiptSigner(Protocol):
    """Signs with the project's newest key. The same receipt has the same signature."""

    def sign(self, receipt: Receipt) -> SignedReceipt: ...


class ReceiptVerifier(Protocol):
    """Knows every public key that was ever used."""

    def verify(self, signed: SignedReceipt) -> bool:
        """Whether the signature is one of ours over exactly this receipt."""
        ...
