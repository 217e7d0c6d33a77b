"""Objectives: functions of the terms of the bound that training minimises."""

from keras_vrae.families import Family
from keras_vrae.objectives.elbo import ELBO
from keras_vrae.objectives.iwae import IWAE
from keras_vrae.objectives.objective import ElboTerms, Objective

__all__ = ["ELBO", "IWAE", "OBJECTIVES", "ElboTerms", "Objective", "get"]

OBJECTIVES = Family("objective", Objective, {"elbo": ELBO, "iwae": IWAE})
get = OBJECTIVES.get
