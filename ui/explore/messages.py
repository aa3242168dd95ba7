"""Every sentence that a person reads on the Explore data tab."""

from collections.abc import Mapping

DATASET = "Dataset"
CATEGORY = "Category"
TYPE = "Defect type"
ALL_CATEGORIES = "All categories"
ALL_TYPES = "All types"
STOP = "Stop"
READING = "Reading the folder…"
MEASURING = "Measuring {done:,} of {total:,} images. The next visit finds them ready."
PARTIAL = "Stopped: these are the first {done:,} images. Choose the dataset again to go on."
DRAWING = "The demo is being drawn: {done:,} of {total:,} images. Below is an excerpt of {shown:,}."
EXCERPT = "This is an excerpt: {shown:,} of the {total:,} images of the demo. {trouble}"
NO_DATASETS = "There is no dataset to explore. Start the page with `--data DIR`."
COUNTS_TITLE = "Images per category, defect type and split"
PROBLEMS_TITLE = "Missing or odd files"
PROBLEMS_NONE = "No file is missing or odd."
IMAGES_TITLE = "All images"
IMAGES_NOTE = (
    "Brightness and contrast are mean and standard deviation of the grey level, on a copy of at "
    "most 256 pixels. Areas are percent of the image."
)
GALLERY_AREA = "Defect area"
GALLERY_CONTRAST = "Contrast of the largest defect"
GALLERY_GOOD = "Good ({count:,})"
GALLERY_BAD = "Defective ({count:,})"
GALLERY_NO_GOOD = "There is no good image among the chosen ones."
GALLERY_NO_BAD = "No defective image is like that."
BOXES_NOTE = "The ground truth of this image is boxes, drawn as rectangles."
NO_PRODUCT_NOTE = "No detector can inspect it: its category is not among the products."
TYPES_TITLE = "Defect types: medians"
TYPES_NOTE = (
    "One row per type; boxes count as one defect each. Contrast: mean inside minus mean of a ring "
    "around, in the colour channel where they differ most. Thickness: diameter of the largest disc "
    "inside. The figures show the middle half as a box, with whiskers from 5 to 95 %."
)
RESOLUTION_TITLE = "Resolution check"
SHAPE_TITLE = "Defect shape"
NO_GROUND_TRUTH = (
    "No image of this dataset has a mask or a box, so nobody knows where its defects are."
)
DEFECTS_TITLE = "All defects"
LOCATIONS_TITLE = "Where defects gather"
LOCATIONS_NOTE = (
    "Middle x and y: centre of gravity in percent of width and height. Gathered: share of the "
    "defect area in the densest tenth of all places; 10 % where defects are spread evenly."
)
PAIRS_TITLE = "Near-duplicates"
PAIRS_NOTE = (
    "A leak is a pair with one image in training and one in test. Similarity is the cosine after "
    "taking away what all images of the category share."
)
IMAGE_FACTS: Mapping[str, str] = {
    "Category": "{category}",
    "Class": "{defect_type}",
    "Split": "{split}",
    "Size": "{width} × {height} px, {mode}",
    "File": "{kilobytes:,.0f} kB",
    "Brightness": "{brightness:.0f} of 255",
    "Contrast": "{contrast:.0f}",
}
DEFECT_FACTS: Mapping[str, str] = {
    "Defects": "{num_defects}",
    "Defect area": "{defect_area:.3g} %",
    "Their contrast": "{defect_contrast:+.0f} grey levels",
}
LOADING = "Loading the small backbone…"
EMBEDDING = "Comparing images: {done:,} of {total:,} are looked at."
PARTS: Mapping[str, str] = {
    "fill": "Fill",
    "fillLabel": "Opacity of the filled masks",
    "outline": "Outline",
    "detail": "One image",
    "close": "Close",
    "inspect": "Inspect this image",
}
