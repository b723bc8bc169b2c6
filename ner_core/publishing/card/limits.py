"""How much a card shows at most. (Its section “Limits” of a model is written by ``scores``.)"""

WIDGET_CHARACTERS = 300
"""The longest sentence that is shown as an example."""
TYPES_IN_SUMMARY = 12
"""Up to so many entity types are named at the top; of more only the number is given."""
CONFUSIONS = 5
"""How many pairs of types that are taken for one another are listed."""
FEW_ENTITIES = 20
"""With fewer entities than this a score is said to be of too few to judge by."""
SCORE_DIGITS = 4
"""The digits of a score in the metadata."""
MODELS_IN_TABLE = 20
"""Of so many models the card of a dataset says what became of their suggestions."""
