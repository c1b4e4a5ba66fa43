"""Signing a film and its stills: the last step, since every change of bytes breaks a signature."""

from __future__ import annotations

import json
from pathlib import Path

import c2pa

from activities.provenance.manifest import FORMAT, Generator, Origin, Parent, ingredient, written
from activities.provenance.ports import Signing
from activities.provenance.reading import ManifestReader, form_of
from activities.provenance.refusals import ParentUntrusted, SigningFailed
from domain.provenance.verdict import ManifestState


class FilmSigner:
    """Signs with one key, and vouches only for parents that its own reader trusts."""

    def __init__(self, signing: Signing, reader: ManifestReader, generator: Generator) -> None:
        self._signing, self._reader, self._generator = signing, reader, generator

    def sign(
        self, film: Path, signed: Path, origin: Origin, parents: tuple[Parent, ...] = ()
    ) -> None:
        """Write ``signed``: the film, or a still of it, with its manifest inside.

        Raises ParentUntrusted for a parent whose manifest does not hold, SigningFailed when the
        library or the key refuses.
        """
        for parent in parents:
            # a broken parent would leave the child looking sound (see docs/provenance.md)
            reading = self._reader.read(parent.path)
            if reading.state is not ManifestState.TRUSTED:
                raise ParentUntrusted(f"{parent.artefact_id} is {reading.state}.")
        form = form_of(film) or FORMAT  # the library says why it cannot sign what is no film
        definition = json.dumps(written(origin, self._generator, parents, form))
        try:
            self._write(film, signed, definition, parents, form)
        except c2pa.C2paError as error:
            signed.unlink(missing_ok=True)
            raise SigningFailed(f"{origin.artefact_id}: {type(error).__name__}.") from error

    def _write(
        self, film: Path, signed: Path, definition: str, parents: tuple[Parent, ...], form: str
    ) -> None:
        chain = self._signing.certificates.decode()
        signer = c2pa.Signer.from_callback(
            self._signing.sign, c2pa.C2paSigningAlg.ES256, chain, None
        )
        with signer, c2pa.Builder(definition, context=self._reader.context()) as builder:
            for index, parent in enumerate(parents):
                with parent.path.open("rb") as file:
                    builder.add_ingredient(json.dumps(ingredient(parent, index)), FORMAT, file)
            with film.open("rb") as source, signed.open("w+b") as target:
                builder.sign(signer, form, source, target)
