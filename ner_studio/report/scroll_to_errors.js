// Shows the top of the list of errors after another page of it was opened.
() => document.getElementById('error-list')?.scrollIntoView({block: 'start'})
