// The queue: many texts, which come one after the other. It is kept by the server, with the set.

let queue = null; // {waiting, done, skipped, unchanged, recent}; null if there is none

function takeQueue(now) {
  queue = now;
  const button = field("queue-next");
  button.hidden = !queue?.waiting;
  const left = queue ? `${count(queue.waiting, "text waits", "texts wait")}` : "";
  button.textContent = left;
  const { unchanged, recent } = queue ?? {};
  button.title = recent ? `${left}. Of the last ${figure(recent)}, ${figure(unchanged)} were accepted as suggested.` : left;
  // A file that is added goes to this set; see queue_file.js.
  element.querySelector(".ed").dataset.set = JSON.stringify(saveTo);
}

function nextOfQueue() {
  if (entry?.edited) later.push(entry);
  show(null);
  waits = null;
  askToOpen(null);
  draw();
}

function addToQueue() {
  const typed = field("next-text").value;
  if (!typed.trim()) {
    field("next-text").focus();
    return;
  }
  ask({ do: "queue", text: typed, unit: field("unit").value, types });
}

function queued({ added }) {
  field("next-text").value = "";
  said(added ? `${count(added, "new text", "new texts")} in the queue.` : "These texts are there already.");
  if (added && !entry) nextOfQueue();
}
