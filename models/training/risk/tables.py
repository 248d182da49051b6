"""Source of the bundle's ``tables.json``: what an ordinary parcel of each HS chapter weighs and costs."""

from __future__ import annotations

SOURCE = (
    "Median package weight and price per HS chapter from HSCodeComp (AIDC-AI, arXiv 2510.19631, Apache-2.0): "
    "weights over 523 products, prices over 316, few per chapter; chapters 33, 58, 70, 73, 74, 83, 94 and 96 "
    "rest on fewer than ten products. Words: our own choice. Vague words: CBP CSMS 60011750 and our own."
)

CHAPTERS: dict[str, tuple[int, int, str]] = {
    "33": (100, 1980, "nail polish varnish gel perfume lipstick makeup esmalte"),
    "39": (74, 620, "silicone plastic acrylic resin vinyl sticker case funda silicona"),
    "42": (230, 2380, "bag bags handbag backpack wallet purse suitcase crossbody bolso mochila cartera"),
    "49": (250, 1580, "poster book card cards print calendar puzzle libro"),
    "58": (115, 440, "lace ribbon embroidery patch trim encaje cinta"),
    "61": (335, 2090, "knit knitted shirt tshirt hoodie sweater leggings socks underwear camiseta"),
    "62": (300, 4480, "dress skirt pants trousers jacket coat blouse jeans vestido chaqueta"),
    "63": (170, 710, "towel blanket curtain bedding pillowcase tablecloth toalla manta cortina"),
    "64": (725, 1970, "shoes sandals slippers boots sneakers heels zapatos botas sandalias"),
    "65": (210, 660, "hat cap beanie headwear gorra sombrero"),
    "67": (350, 9000, "wig wigs hair lace frontal feather peluca"),
    "70": (55, 410, "glass mirror cabochon vase vidrio espejo"),
    "71": (30, 670, "ring necklace earrings bracelet pendant jewelry beads collar anillo pulsera"),
    "73": (115, 1500, "iron steel chain hook bracket hanger"),
    "74": (115, 1240, "brass copper bead charm"),
    "82": (180, 470, "knife scissors pliers wrench blade cutter cuchillo tijeras"),
    "83": (55, 670, "buckle clasp lock hinge spacer frame cerradura"),
    "84": (570, 2000, "pump fan filter sprayer printer machine valve bomba ventilador"),
    "85": (
        210,
        1740,
        "charger cable battery headphones speaker led lamp switch socket phone cargador bateria",
    ),
    "87": (400, 2340, "bicycle bike motorcycle brake pedal bicicleta freno"),
    "90": (230, 3290, "thermometer lens glasses gauge meter sensor camera gafas"),
    "91": (30, 530, "watch watches watchband clock reloj"),
    "94": (900, 10500, "chair lamp light shelf mattress chandelier silla lampara"),
    "95": (200, 2240, "toy toys game doll console figure balloon fishing juguete"),
    "96": (1000, 2030, "brush pen comb lighter toothbrush cepillo"),
}
"""Chapter → grams, US cents, words."""

VAGUE = (
    "accessories accessory all article articles assorted box cargo commodity component consolidated daily "
    "effects equipment fak freight general gift gifts goods household item items kind kinds kit material "
    "materials merchandise misc miscellaneous mixed module necessities others parts personal piece pieces "
    "product products said sample samples several spare stc stuff supplies things tool unknown various "
    "accesorios articulos artículos carga cosas materiales mercancia mercancía muestra otros piezas "
    "productos regalo repuestos varios"
)


def document() -> dict[str, object]:
    """The content of ``tables.json``."""
    chapters = {
        number: {"grams": grams, "cents": cents, "words": words.split()}
        for number, (grams, cents, words) in CHAPTERS.items()
    }
    return {"version": 1, "source": SOURCE, "chapters": chapters, "vague": VAGUE.split()}
