"""The plan while it is being made: what is known, what is asked, and what is decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reconciler.model.estate import Estate, Question
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Options
from reconciler.planning.decisions import Decisions
from reconciler.planning.questions import Questions
from reconciler.planning.world import World


@dataclass(frozen=True, slots=True)
class Draft:
    """What those are handed who ask or decide; who only looks is handed the world."""

    world: World
    decisions: Decisions
    questions: Questions

    @classmethod
    def of(cls, manifest: Manifest, estate: Estate, options: Options, now: datetime) -> Draft:
        """A draft with nothing in it yet."""
        return cls._over(World(manifest, estate, options, now), set())

    @classmethod
    def _over(cls, world: World, asked: set[Question[Any]]) -> Draft:
        decisions = Decisions(world)
        return cls(world, decisions, Questions(world, decisions, asked))

    def beside(self) -> Draft:
        """Another draft of the same world, with the same questions: what is decided there stays there."""
        return self._over(self.world, self.questions.asked)
