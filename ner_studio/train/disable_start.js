// Disables the button at once, before the server has heard of the click.
() => ({ __type__: 'update', interactive: false })
