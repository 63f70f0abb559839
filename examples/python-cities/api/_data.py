CITIES = {
    "lima": {"name": "Lima", "country": "Peru", "people": 10_092_000},
    "oslo": {"name": "Oslo", "country": "Norway", "people": 709_000},
    "perth": {"name": "Perth", "country": "Australia", "people": 2_193_000},
}
