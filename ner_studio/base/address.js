// The address of the page, which says what it shows. On a Space the page is in a frame, and the
// address that people see and reload is that of the page around it: the Hub takes it over from a
// message to its origin. Any other origin around the page does not get the message.
window.nerStudio = {
  keepAddress(address) {
    window.history.replaceState(window.history.state, "", address);
    if (window.parent === window) return;
    const query = new URLSearchParams(address.search);
    // Those with two underscores are between the Hub and Gradio, such as a signature.
    for (const name of [...query.keys()]) if (name.startsWith("__")) query.delete(name);
    const message = { queryString: query.toString(), hash: address.hash.slice(1) };
    window.parent.postMessage(message, "https://huggingface.co");
  },
};
