"""The page of NER Studio: layout, wiring and drawing. Everything else is ner_core."""
