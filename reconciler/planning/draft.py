"""The plan while it is being made: what is known, what is asked, and what is decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reconciler.model.estate import Estate
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Options
from reconciler.planning.decisions import Decisions
from reconciler.planning.questions import Questions
from reconciler.planning.world import World


@dataclass(frozen=True, slots=True)
class Draft:
    """The world, the questions and the decisions of a plan; code that neither asks nor decides is handed only the world."""

    world: World
    decisions: Decisions
    questions: Questions

    @classmethod
    def of(cls, manifest: Manifest, estate: Estate, options: Options, now: datetime) -> Draft:
        """A draft with nothing in it yet."""
        world = World(manifest, estate, options, now)
        decisions = Decisions(world)
        return cls(world, decisions, Questions(world, decisions))

    def beside(self) -> Draft:
        """Another draft of the same world, with the same questions and doubts, but with decisions of its own."""
        decisions = Decisions(self.world)
        return Draft(self.world, decisions, self.questions.beside(decisions))
