"""What the names of entity types mean in plain words, as far as they are common ones."""

_MEANINGS = {
    # CoNLL-2003 and its many relatives
    **{"PER": "person", "PERS": "person", "ORG": "organisation", "LOC": "place"},
    **{
        "MISC": "other name",
        "PERSON": "person",
        "LOCATION": "place",
        "ORGANIZATION": "organisation",
    },
    **{"MISCELLANEOUS": "other name", "OTH": "other name"},
    # OntoNotes and ACE
    **{"GPE": "country or city", "NORP": "nationality or group", "FAC": "building or road"},
    **{"FACILITY": "building or road", "WORK_OF_ART": "title of a work", "LAW": "law"},
    **{"PERCENT": "percentage", "MONEY": "amount of money", "QUANTITY": "measure"},
    **{"CARDINAL": "number", "ORDINAL": "first, second …", "DATE": "date", "TIME": "time"},
    **{"PRODUCT": "product", "EVENT": "event", "LANGUAGE": "language"},
    **{"VEH": "vehicle", "WEA": "weapon"},
    # WNUT 2017 and tweets
    **{"CORPORATION": "company", "CREATIVE_WORK": "title of a work", "GROUP": "band, team or club"},
    **{"GEO_LOC": "place", "TVSHOW": "television show", "SPORTSTEAM": "sports team"},
    **{"MUSICARTIST": "musician or band"},
    # MultiNERD
    **{"ANIM": "animal", "BIO": "living thing", "CEL": "star or planet", "DIS": "disease"},
    **{"EVE": "event", "INST": "instrument", "MYTH": "mythical being", "VEHI": "vehicle"},
    # Biomedical corpora
    **{"CHEMICAL": "drug or chemical", "CHEM": "drug or chemical", "DISEASE": "disease"},
    **{"GENE": "gene or protein", "GGP": "gene or protein", "PROTEIN": "protein"},
    **{"CELL_TYPE": "kind of cell", "CELL_LINE": "line of cells", "SPECIES": "species"},
    **{"DNA": "piece of DNA", "RNA": "piece of RNA", "TAXON": "species", "ADR": "side effect"},
}


def meaning(label: str) -> str:
    """Return what an entity type stands for; empty if that is not known, or is its name itself.

    >>> meaning("PER"), meaning("creative-work"), meaning("Date"), meaning("Ship")
    ('person', 'title of a work', '', '')
    """
    words = label.strip().upper().replace("-", "_").replace(" ", "_")
    known = _MEANINGS.get(words, "")
    return "" if known.upper() == words else known
