//! How the sample page looks, to eyes and to screen readers: light, dark, and narrow.

use serde_json::{Value, json};

use crate::demo::Demo;

/// Texts whose contrast with what is behind them is less than WCAG's AA asks, 4.5 to 1.
const FAINT_TEXTS: &str = r"
(() => {
  const channels = (color) => color.match(/[\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = channels(color).map((c) => {
      c /= 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const color = getComputedStyle(element).backgroundColor;
      if (channels(color)[3] !== 0) return color;
    }
    return 'rgb(255, 255, 255)';
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const faint = [];
  while (texts.nextNode()) {
    const { textContent, parentElement: element } = texts.currentNode;
    if (!textContent.trim() || !element.checkVisibility()) continue;
    const [a, b] = [getComputedStyle(element).color, behind(element)].map(light);
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) faint.push(`${contrast.toFixed(2)}: ${textContent.trim()}`);
  }
  return faint;
})()";

/// Whether something is wider than the window, besides what scrolls by itself.
const TOO_WIDE: &str =
    "document.documentElement.scrollWidth > document.documentElement.clientWidth";

/// What screen readers are told: roles and names, of what is not hidden.
fn told(demo: &Demo) -> Vec<(String, String)> {
    let tree = demo
        .browser
        .devtools("Accessibility.getFullAXTree", &json!({}));
    let nodes = tree["nodes"].as_array().unwrap();
    let shown = nodes.iter().filter(|node| node["ignored"] != true);
    let text = |value: &Value| value["value"].as_str().unwrap_or_default().to_owned();
    shown
        .map(|node| (text(&node["role"]), text(&node["name"])))
        .collect()
}

fn looks_good(demo: &Demo, name: &str) {
    demo.browser.picture(name);
    assert_eq!(demo.browser.value(FAINT_TEXTS), json!([]), "{name}");
    assert_eq!(demo.browser.value(TOO_WIDE), json!(false), "{name}");
    let told = told(demo);
    for (role, label) in &told {
        let needs_name = [
            "button",
            "textbox",
            "spinbutton",
            "checkbox",
            "link",
            "region",
            "form",
            "table",
        ];
        let is_named = !needs_name.contains(&role.as_str()) || !label.is_empty();
        assert!(is_named, "{name}: a {role} without a name");
    }
    let has = |role: &str, label: &str| told.contains(&(role.to_owned(), label.to_owned()));
    assert!(has("heading", "Call history"), "{name}: {told:?}");
    for landmark in ["banner", "main"] {
        assert!(has(landmark, ""), "{name}: no {landmark}: {told:?}");
    }
}

#[test]
fn the_page_can_be_read_in_light_dark_and_on_a_telephone() {
    let demo = Demo::open(&[]);
    let page = &demo.browser;
    let dark = |is_dark: bool| {
        let value = if is_dark { "dark" } else { "light" };
        let features = json!([{"name": "prefers-color-scheme", "value": value}]);
        page.devtools("Emulation.setEmulatedMedia", &json!({"features": features}));
    };
    for (mode, is_dark) in [("light", false), ("dark", true)] {
        dark(is_dark);
        looks_good(&demo, &format!("sign-in-{mode}"));
    }
    demo.sign_in("userb");
    page.click("#getAgentCallHistory");
    page.wait("document.querySelector('#answer td') !== null");
    for (size, width) in [("wide", 1200), ("narrow", 360)] {
        page.resize(width, 900);
        for (mode, is_dark) in [("light", false), ("dark", true)] {
            dark(is_dark);
            looks_good(&demo, &format!("{size}-{mode}"));
        }
    }
    page.click("#sign-out");
    page.fill("[name=username]", "userb");
    page.fill("[name=password]", "wrong");
    page.click("#sign-in-form button");
    page.wait("document.querySelector('#sign-in-problem').textContent !== ''");
    looks_good(&demo, "refused-narrow-dark");
    assert_eq!(page.value("document.documentElement.lang"), "en");
}
