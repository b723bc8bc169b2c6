// Python counts the characters of a text by code points, the browser by UTF-16 units. They differ after
// a surrogate pair, such as an emoji. Half of a pair by itself counts as one in both.

const isHigh = (unit) => unit >= 0xd800 && unit < 0xdc00;
const isLow = (unit) => unit >= 0xdc00 && unit < 0xe000;
const isInPair = (text, at) => isHigh(text.charCodeAt(at - 1)) && isLow(text.charCodeAt(at));

// Return two functions for a text: from an offset in code points to one in units, and back.
function offsetsOf(text) {
  const pairs = []; // where each pair begins, in units
  for (let at = 1; at < text.length; at += 1) {
    if (!isInPair(text, at)) continue;
    pairs.push(at - 1);
    at += 1;
  }
  return {
    units: (points) => points + countBefore(pairs, (place, number) => place - number < points),
    points: (units) => units - countBefore(pairs, (place) => place < units - 1),
  };
}

// The number of members at the beginning of a list that pass; after the first one that does not, no
// other does.
function countBefore(list, passes) {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (passes(list[middle], middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
