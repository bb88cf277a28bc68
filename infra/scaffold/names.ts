/** One noun in every spelling the house uses. */
export interface Names {
  /** `page-view`: files and folders. */
  kebab: string;
  /** `page_view`: contracts and endpoints. */
  snake: string;
  /** `pageView`: values. */
  camel: string;
  /** `PageView`: types. */
  pascal: string;
  /** `page_views`: topic and table. */
  plural: string;
  /** `page view`: sentences. */
  words: string;
}

/** @throws Error unless it is words of letters and digits: `page-view`, `page_view` or `pageView`. */
export function namesOf(given: string): Names {
  const words = given
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .split(/[-_ ]/);
  if (
    given.length > 60 ||
    !words.every((word, index) => (index === 0 ? /^[a-z][a-z0-9]*$/ : /^[a-z0-9]+$/).test(word))
  )
    throw new Error(
      `"${given}" is no noun for a pipeline: use letters, digits and dashes, such as page-view.`,
    );
  const pascal = words.map((word) => `${word[0]?.toUpperCase()}${word.slice(1)}`).join("");
  const snake = words.join("_");
  return {
    kebab: words.join("-"),
    snake,
    camel: `${pascal[0]?.toLowerCase()}${pascal.slice(1)}`,
    pascal,
    plural: /(s|x|ch|sh)$/.test(snake)
      ? `${snake}es`
      : /[^aeiou]y$/.test(snake)
        ? `${snake.slice(0, -1)}ies`
        : `${snake}s`,
    words: words.join(" "),
  };
}
