() => { document.dispatchEvent(new Event("ner-correct")); }
