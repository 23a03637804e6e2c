"""The elder mode (长者模式), in numbers measured on real pages: 移动互联网应用适老化通用设计规范, GB/T 37668, WCAG 2.2."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import SIZES, fits
from tests.browser.test_access import PAGES, looking

MAIN = ".ask input, .ask button, .next .button, .settings button, .choice, .checklist label, .now .button"
"""What a visitor comes to press; the rest are other targets."""
MEASURE = """(main) => {
  const channel = value => { value /= 255; return value <= .04045 ? value / 12.92 : ((value + .055) / 1.055) ** 2.4; };
  const luminance = rgb => .2126 * channel(rgb[0]) + .7152 * channel(rgb[1]) + .0722 * channel(rgb[2]);
  const parse = text => text.match(/[\\d.]+/g).map(Number);
  const ground = one => {
    for (; one; one = one.parentElement) {
      const colour = parse(getComputedStyle(one).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const shown = one => one.checkVisibility({ visibilityProperty: true }) && !one.closest('.hidden, .skip')
    && one.getBoundingClientRect().width > 0;
  const words = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const one = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !shown(one) || one.closest('script')) continue;
    const style = getComputedStyle(one);
    const [light, dark] = [luminance(parse(style.color)), luminance(ground(one))].sort((a, b) => b - a);
    words.push({ sample: one.matches('.sample'), text: walker.currentNode.data.trim().slice(0, 20), size: parseFloat(style.fontSize),
      leading: parseFloat(style.lineHeight) / parseFloat(style.fontSize), contrast: (light + .05) / (dark + .05) });
  }
  // Links within a sentence are as high as the line (WCAG 2.5.8, inline); a box within its label is pressed through it.
  const targets = [...document.querySelectorAll('a[href], button, input, summary, label')]
    .filter(one => shown(one) && one.type !== 'hidden' && !one.closest('.prose') && one.getAttribute('for') === null)
    .filter(one => !(one.tagName === 'A' && one.closest('p') && getComputedStyle(one).display === 'inline'))
    .filter(one => !(one.tagName === 'INPUT' && one.closest('label')))
    .map(one => { const box = one.getBoundingClientRect();
      return { text: (one.innerText || one.id).slice(0, 20), main: one.matches(main), width: box.width, height: box.height }; });
  return { words, targets };
}"""


def _measured(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(MEASURE, MAIN)
    assert found["words"]
    assert found["targets"]
    return found


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [18, 30])
def test_type_spacing_contrast_and_targets(browser: Browser, address: str, size: int, theme: str) -> None:
    wrong: dict[str, list[Any]] = {}
    with looking(browser, address, {"view": "elder", "size": str(size), "theme": theme}) as context:
        page = context.new_page()
        for name, path in PAGES.items():
            page.goto(path)
            found = _measured(page)
            wrong[name] = [
                word
                for word in found["words"]
                if (word["size"] < size - 0.01 and not word["sample"])
                or word["leading"] < 1.5
                or word["contrast"] < 4.5
            ]
            wrong[name] += [
                target
                for target in found["targets"]
                if target["height"] < (60 if target["main"] else 44) or target["width"] < 44
            ]
            if not fits(page):
                wrong[name].append("wider than the window")
    assert {name: those for name, those in wrong.items() if those} == {}


def test_it_is_switched_on_sized_and_left_without_javascript(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=address, viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto(PAGES["fact"])
    page.get_by_role("button", name="长者模式").click()
    expect(page).to_have_url(f"{address}/search?q=%E7%A7%AF%E5%88%86%E5%AE%A1%E6%A0%B8%E8%A6%81%E5%A4%9A%E4%B9%85")
    root = page.locator("html")
    expect(root).to_have_css("font-size", "22px")
    page.get_by_role("button", name="字大些").click()
    expect(root).to_have_css("font-size", "24px")
    page.goto("/t/jifen")
    expect(root).to_have_css("font-size", "24px")
    page.get_by_role("button", name="普通版").click()
    expect(root).to_have_css("font-size", "16px")
    context.close()


@pytest.mark.parametrize("system", ["light", "dark"])
def test_colours_follow_the_device_until_a_visitor_chooses(browser: Browser, address: str, system: Any) -> None:
    ground = {"light": "rgb(244, 246, 248)", "dark": "rgb(18, 22, 26)"}
    with looking(browser, address, {}, system=system) as context:
        page = context.new_page()
        page.goto("/settings?back=/t/jifen")
        expect(page.locator("body")).to_have_css("background-color", ground[system])
        for choice, theme in (("深色", "dark"), ("浅色", "light"), ("跟随手机或电脑", system)):
            page.goto("/settings?back=/t/jifen")
            page.get_by_label(choice, exact=True).check()
            page.get_by_role("button", name="保存").click()
            expect(page).to_have_url(f"{address}/t/jifen")
            expect(page.locator("body")).to_have_css("background-color", ground[theme])


def test_chosen_dark_and_the_device_s_dark_are_the_same_colours(browser: Browser, address: str) -> None:
    """They stand twice in the stylesheet."""
    tokens = """[...document.styleSheets[0].cssRules[0].style].filter(name => name.startsWith('--'))
        .map(name => name + ':' + getComputedStyle(document.documentElement).getPropertyValue(name))"""
    seen = []
    for cookies, system in (({}, "dark"), ({"theme": "dark"}, "light")):
        with looking(browser, address, cookies, SIZES["desktop"], system) as context:  # type: ignore[arg-type]
            page = context.new_page()
            page.goto("/")
            seen.append(page.evaluate(tokens))
    assert len(seen[0]) > 30
    assert seen[0] == seen[1]
