// What axe-core finds in the page as it looks now. Called by test_accessibility.py.
//
// axe-core's time grows with the elements of a page, most of them words of code, and
// measuring contrast takes most of it. So code is plain text while it looks (unless
// `whole`), and contrast is measured on a few of each kind: same colours, size and weight
// on the same ground. `known` says how many of a kind were measured on other pages, and
// is returned with those of this one. Within `figures` every one is measured, for there
// words lie on pictures. Afterwards the page is as it was.
async ([rules, figures, whole, known]) => {
    const OF_A_KIND = 2, IN_ALL = 6;
    const code = 'pre, code, .sig';
    const kept = (whole ? [] : [...document.querySelectorAll(code)])
        .filter(e => !e.parentElement.closest(code))
        .map(e => [e, [...e.childNodes]]);
    kept.forEach(([e]) => e.replaceChildren(e.textContent));

    const grounds = new Map([[null, '']]);
    const ground = e => {
        if (!grounds.has(e)) {
            const { backgroundColor, backgroundImage, opacity } = getComputedStyle(e);
            const own = `${backgroundColor} ${backgroundImage} ${opacity};`;
            const bare = own === 'rgba(0, 0, 0, 0) none 1;';
            grounds.set(e, ground(e.parentElement) + (bare ? '' : own));
        }
        return grounds.get(e);
    };
    const count = {};
    const marked = new Set();
    const measure = e => { marked.add(e); e.setAttribute('data-measured', ''); };
    document.querySelectorAll(`:is(${figures}) *`).forEach(measure);
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const e = texts.currentNode.parentElement;
        if (!texts.currentNode.data.trim() || marked.has(e) || !e.checkVisibility()) continue;
        const { color, fontSize, fontWeight } = getComputedStyle(e);
        const kind = [color, fontSize, fontWeight, ground(e)].join();
        count[kind] = (count[kind] || 0) + 1;
        if (count[kind] > OF_A_KIND || known[kind] >= IN_ALL) continue;
        known[kind] = (known[kind] || 0) + 1;
        measure(e);
    }
    document.querySelectorAll('input, textarea, select').forEach(measure);

    axe.configure({ rules: [{ id: 'color-contrast', selector: '[data-measured]' }] });
    const { violations } = await axe.run(document, {
        runOnly: rules, resultTypes: ['violations'], iframes: false, preload: false });
    marked.forEach(e => e.removeAttribute('data-measured'));
    kept.forEach(([e, own]) => e.replaceChildren(...own));
    const grave = violations.filter(v => ['serious', 'critical'].includes(v.impact))
        .map(v => [v.id, v.nodes.length, ...v.nodes.slice(0, 3).map(n => n.html)]);
    return [grave, known];
}
