"""The example texts of the Highlight tab."""

from ner_core.entities import Entity

EXAMPLES = {
    "Prize": (
        "Wangari Maathai, founder of the Green Belt Movement in Kenya, received the Nobel Peace "
        "Prize in Oslo."
    ),
    "Profile": "Sunny is Data Scientist and Generative AI Engineer at Infosys in Bengaluru.",
    "News": "Angela Merkel flew from Berlin to Nairobi to meet officials of the African Union.",
    "Chat": "just landed in são paulo, dinner with Júlia from Nubank tonight!!",
    "Context": (
        "Washington beat Boston 3-1, and the Senate in Washington heard nothing of it. "
        "Jordan flew home to Jordan, and Paris Hilton spent a week in Paris."
    ),
    "Programme": (
        "Thursday, Lisbon\n"
        "\n"
        "09:00  Opening by Ana Sousa, University of Porto\n"
        "09:30  Kenji Watanabe, Toyota: batteries for cold winters\n"
        "11:00  Panel with Siemens, the European Commission and Greenpeace\n"
        "\n"
        "Dinner at seven, near the Praça do Comércio.\n"
    ),
    "Long": (
        "Wangari Maathai was born near Nyeri in Kenya and studied at the University of Pittsburgh "
        "before she took a doctorate at the University of Nairobi. In 1977 she founded the Green "
        "Belt Movement, which paid women to plant trees; by the time Daniel arap Moi "
        "left office they had planted thirty million.\n"
        "\n"
        "Her campaign against a tower in Uhuru Park set her against the government and its friend "
        "Robert Maxwell, and made her known far beyond Africa. The BBC and The New York Times "
        "reported, the World Bank withdrew, and the tower was never built.\n"
        "\n"
        "In 2004 the Norwegian Nobel Committee awarded her the Nobel Peace Prize. She received it "
        "in Oslo, the first African woman to do so, and spent the rest of her life travelling "
        "between Nairobi, Tokyo and New York for the United Nations. Barack Obama, then a senator "
        "from Illinois, planted an olive tree with her in Nairobi in 2006.\n"
    ),
}
"""Short texts of several kinds, words with different types in different contexts, line breaks, and
paragraphs."""

OPENING = EXAMPLES["Prize"]
"""The page opens with it: the starter finds all of its types, and is right about all of them."""

OPENING_TYPES = ("LOC", "MISC", "ORG", "PER")
OPENING_ENTITIES = (
    Entity(0, 15, "PER", 0.984, "Wangari Maathai"),
    Entity(32, 51, "ORG", 0.98, "Green Belt Movement"),
    Entity(55, 60, "LOC", 0.998, "Kenya"),
    Entity(75, 92, "MISC", 0.989, "Nobel Peace Prize"),
    Entity(96, 100, "LOC", 0.998, "Oslo"),
)
"""What the starter finds in it, so that it is marked before any model is loaded."""
