// Returns the values of all fields for the recipe that was chosen; see settings_form.py.
(recipe, recipes) => JSON.parse(recipes)[recipe]
