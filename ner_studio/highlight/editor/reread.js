() => { document.dispatchEvent(new Event("ner-reread")); }
