"""Experiments, as far as people manage them; what is logged in them goes through the tracking clients."""

from protocols.rest.endpoint import Call, View, endpoint
from protocols.rest.shapes.experiments import ExperimentChangeShape, ExperimentShape
from tracking.models import Experiment
from tracking.operations.experiments import restrict_experiment
from tracking.queries import find_experiment


class OneExperiment(View):
    @endpoint("get_experiment", answers=ExperimentShape)
    def get(self, call: Call, experiment: int) -> Experiment:
        """One experiment."""
        return find_experiment(experiment, actor=call.actor)

    @endpoint("change_experiment", takes=ExperimentChangeShape, answers=ExperimentShape)
    def patch(self, call: Call, experiment: int) -> Experiment:
        """Restrict an experiment to its own roles, or let those on its registry count again."""
        found = find_experiment(experiment, actor=call.actor)
        if "restricted" in call.said:
            found = restrict_experiment(found, call.said["restricted"], actor=call.actor)
        return found
