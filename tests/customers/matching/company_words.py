"""Words that made-up companies are made of: names as registers and phone books hold them."""

from __future__ import annotations

SURNAMES = (
    "Smith", "Jones", "Taylor", "Brown", "Wilson", "Evans", "Thomas", "Roberts", "Walker", "Wright", "Hughes",
    "Green", "Hall", "Clarke", "Baker", "Cooper", "Ward", "Turner", "Morris", "Bell", "Murphy", "Kelly",
    "O'Brien", "Byrne", "Ryan", "Müller", "Schmidt", "Schneider", "Fischer", "Weber", "Meyer", "Wagner",
    "Becker", "Schulz", "Hoffmann", "Koch", "Bauer", "Richter", "Klein", "Wolf", "Schröder", "Neumann",
    "Schwarz", "Zimmermann", "Krüger", "Köhler", "Dupont", "Martin", "Bernard", "Dubois", "Robert", "Petit",
    "Durand", "Leroy", "Moreau", "Laurent", "Lefèvre", "Fontaine", "Chevalier", "García", "Fernández",
    "González", "López", "Martínez", "Sánchez", "Pérez", "Gómez", "Díaz", "Ruiz", "Rossi", "Russo", "Ferrari",
    "Esposito", "Bianchi", "Romano", "Colombo", "Ricci", "Jansen", "Bakker", "Visser", "Smit", "Mulder",
    "Andersson", "Johansson", "Karlsson", "Nilsson", "Eriksson", "Hansen", "Olsen", "Larsen", "Pedersen",
    "Sørensen", "Nowak", "Kowalski", "Wiśniewski", "Lewandowski", "Nguyen", "Tran", "Kim", "Lee", "Park",
    "Chen", "Wang", "Li", "Singh", "Patel", "Kumar", "Sharma", "Cohen", "Levy",
)  # fmt: skip
GIVEN = (
    "James", "Mary", "John", "Patricia", "Robert", "Jennifer", "Michael", "Linda", "David", "Susan", "Emma",
    "Oliver", "Amelia", "Harry", "Isla", "George", "Anna", "Lukas", "Lea", "Felix", "Hannah", "Jonas", "Marie",
    "Paul", "Camille", "Hugo", "Chloé", "Louis", "Sofía", "Hugo", "Lucía", "Mateo", "Giulia", "Luca",
    "Francesca", "Marco", "Sanne", "Daan", "Lotte", "Bram", "Astrid", "Erik", "Ingrid", "Lars", "Freja",
    "Mads", "Zofia", "Jakub", "Mei", "Wei", "Priya", "Arjun", "Noa", "Itai", "Yuki", "Kenji",
)  # fmt: skip
BRANDS = (
    "Northwind", "Bluepeak", "Silverline", "Ironbridge", "Redwood", "Clearwater", "Brightside", "Evergreen",
    "Lakeside", "Summit", "Pinnacle", "Apex", "Horizon", "Vertex", "Quantum", "Nova", "Stellar", "Orion",
    "Atlas", "Phoenix", "Falcon", "Griffin", "Sterling", "Beacon", "Anchor", "Keystone", "Cornerstone",
    "Harbor", "Compass", "Meridian", "Equinox", "Zenith", "Vanguard", "Pioneer", "Frontier", "Liberty",
    "Union", "Alliance", "Unity", "Synergy", "Fusion", "Catalyst", "Momentum", "Velocity", "Swift", "Rapid",
    "Agile", "Nimble", "Bright", "Clear", "Smart", "Prime", "First", "Global", "Pacific", "Atlantic", "Nordic",
    "Alpine", "Rhein", "Baltic", "Iberia", "Lumen", "Kiteworks", "Datavo", "Zentiq", "Plenum", "Quorvia",
    "Trellis", "Mosaic", "Prisma", "Cobalt", "Onyx", "Amber", "Juniper", "Willow", "Cedar", "Maple", "Oakwell",
    "Thornbury", "Ashford", "Fairview", "Greenfield", "Stonegate", "Westbrook", "Kingsley", "Hartwell",
    "Pemberton", "Tessera", "Volante", "Krypta", "Omnira", "Veldora", "Ballad", "Parallax", "Hyperia",
    "Cinder", "Drift", "Loop", "Relay", "Basalt", "Ember", "Fjord", "Tundra",
)  # fmt: skip
TRADES = (
    "Analytics", "Software", "Systems", "Logistics", "Consulting", "Media", "Health", "Energy", "Foods",
    "Engineering", "Design", "Solutions", "Partners", "Technologies", "Labs", "Capital", "Insurance",
    "Robotics", "Security", "Networks", "Education", "Mobility", "Pharma", "Retail", "Packaging", "Plastics",
    "Marketing", "Studio", "Digital", "Cloud", "Data", "Properties", "Travel", "Events", "Textiles",
    "Machinery", "Automation", "Interactive", "International", "Management", "Services", "Trading",
    "Manufacturing", "Construction", "Dynamics", "Innovations",
)  # fmt: skip
SHOPS = (
    "Bakery", "Dental", "Dental Care", "Salon", "Hair Studio", "Garage", "Auto Repair", "Plumbing", "Florist",
    "Pizza", "Trattoria", "Grill", "Diner", "Coffee House", "Yoga", "Fitness", "Veterinary Clinic",
    "Law Office", "Landscaping", "Cleaning Services", "Roofing", "Electric", "Nails", "Barber Shop",
    "Pharmacy", "Optical", "Books", "Brewing", "Catering", "Photography", "Accounting", "Physiotherapy",
    "Kitchen", "Deli", "Bistro", "Cafe", "Tattoo", "Spa", "Flooring", "Painting",
)  # fmt: skip
SHOP_NAMES = (
    "Golden", "Sunshine", "Main Street", "Riverside", "Corner", "Family", "Happy", "Village", "Downtown",
    "Blue Moon", "Lucky", "Royal", "Green Leaf", "Sunset", "Old Town", "Hilltop", "Seaside", "Three Oaks",
    "Mountain View", "Parkside", "Red Door", "Little Italy", "La Casa", "El Camino", "Bella", "Grand", "City",
    "Central", "Valley", "Lakeview",
)  # fmt: skip

PLACES = {
    "US": (
        ("Boston", "02110", "617"), ("Austin", "78701", "512"), ("Denver", "80202", "303"), ("Seattle", "98101", "206"),
        ("Chicago", "60601", "312"), ("New York", "10013", "212"), ("San Francisco", "94105", "415"),
        ("Portland", "97204", "503"), ("Atlanta", "30303", "404"), ("Columbus", "43215", "614"),
        ("Nashville", "37203", "615"), ("Tampa", "33602", "813"), ("Madison", "53703", "608"),
        ("Boise", "83702", "208"),
    ),
    "GB": (
        ("London", "EC2A 4NE", "20"), ("Manchester", "M1 2HN", "161"), ("Bristol", "BS1 4DJ", "117"),
        ("Leeds", "LS1 4AP", "113"), ("Edinburgh", "EH2 2AS", "131"), ("Cambridge", "CB2 1TN", "1223"),
    ),
    "DE": (
        ("Berlin", "10117", "30"), ("München", "80331", "89"), ("Hamburg", "20095", "40"), ("Köln", "50667", "221"),
        ("Stuttgart", "70173", "711"), ("Leipzig", "04109", "341"), ("Dresden", "01067", "351"),
    ),
    "FR": (("Paris", "75002", "1"), ("Lyon", "69002", "4"), ("Nantes", "44000", "2"), ("Lille", "59000", "3")),
    "NL": (("Amsterdam", "1012 AB", "20"), ("Rotterdam", "3011 GZ", "10"), ("Utrecht", "3511 LX", "30")),
    "ES": (("Madrid", "28013", "91"), ("Barcelona", "08002", "93"), ("Valencia", "46002", "96")),
    "IT": (("Milano", "20121", "02"), ("Roma", "00186", "06"), ("Torino", "10121", "011")),
    "SE": (("Stockholm", "111 22", "8"), ("Göteborg", "411 05", "31")),
    "PL": (("Warszawa", "00-013", "22"), ("Kraków", "31-019", "12")),
    "AU": (("Sydney", "2000", "2"), ("Melbourne", "3000", "3")),
}  # fmt: skip
DIAL = {
    "US": "1", "GB": "44", "DE": "49", "FR": "33", "NL": "31", "ES": "34", "IT": "39", "SE": "46", "PL": "48",
    "AU": "61",
}  # fmt: skip
COUNTRY_SPELLINGS = {
    "US": ("United States", "USA", "US", "U.S.A."), "GB": ("United Kingdom", "UK", "GB", "England"),
    "DE": ("Germany", "Deutschland", "DE"), "FR": ("France", "FR"), "NL": ("Netherlands", "NL", "The Netherlands"),
    "ES": ("Spain", "España", "ES"), "IT": ("Italy", "Italia", "IT"), "SE": ("Sweden", "SE"),
    "PL": ("Poland", "Polska", "PL"), "AU": ("Australia", "AU"),
}  # fmt: skip
LEGAL_FORMS = {
    "US": (("Inc.", "Inc", ", Inc.", "Incorporated"), ("LLC", "L.L.C.", ", LLC"), ("Corp.", "Corporation", "Corp")),
    "GB": (("Ltd", "Ltd.", "Limited"), ("PLC", "plc"), ("LLP",)),
    "DE": (("GmbH", "Gesellschaft mbH", "GMBH", "mbH"), ("AG",), ("GmbH & Co. KG", "GmbH & Co.KG", "GmbH und Co. KG"),
           ("UG (haftungsbeschränkt)", "UG")),
    "FR": (("SAS", "S.A.S."), ("SARL", "S.à r.l.", "S.A.R.L."), ("SA", "S.A.")),
    "NL": (("B.V.", "BV"), ("N.V.", "NV")),
    "ES": (("S.L.", "SL", "S.L.U."), ("S.A.", "SA")),
    "IT": (("S.r.l.", "Srl", "SRL"), ("S.p.A.", "SpA", "SPA")),
    "SE": (("AB", "Aktiebolag"),),
    "PL": (("Sp. z o.o.", "Sp. z o. o.", "Spółka z o.o."), ("S.A.",)),
    "AU": (("Pty Ltd", "Pty. Ltd.", "Pty Limited"),),
}  # fmt: skip
ENDINGS = {
    "US": ("com", "io", "co", "ai", "net"), "GB": ("co.uk", "com", "uk"), "DE": ("de", "com"), "FR": ("fr", "com"),
    "NL": ("nl", "com"), "ES": ("es", "com"), "IT": ("it", "com"), "SE": ("se", "com"), "PL": ("pl", "com.pl"),
    "AU": ("com.au",),
}  # fmt: skip
STREETS = {
    "US": ("Main Street", "Oak Avenue", "Market Street", "Elm St", "Washington Blvd", "5th Avenue", "Park Road"),
    "GB": ("High Street", "Station Road", "King Street", "Church Lane", "Victoria Road", "Queen's Road"),
    "DE": ("Hauptstraße", "Bahnhofstraße", "Gartenstr.", "Schillerstraße", "Am Markt", "Lindenallee"),
    "FR": ("rue de la Paix", "avenue Victor Hugo", "boulevard Voltaire", "rue Nationale"),
    "NL": ("Keizersgracht", "Stationsplein", "Dorpsstraat"), "ES": ("Calle Mayor", "Gran Vía", "Avenida Diagonal"),
    "IT": ("Via Roma", "Corso Italia", "Via Garibaldi"), "SE": ("Drottninggatan", "Storgatan"),
    "PL": ("ul. Długa", "ul. Polna"), "AU": ("George Street", "Collins Street"),
}  # fmt: skip
COUNTRY_IN_NAME = {
    "US": ("USA", "America", "US"), "GB": ("UK", "Great Britain", "(UK)"), "DE": ("Deutschland", "Germany"),
    "FR": ("France",), "NL": ("Nederland", "Netherlands"), "ES": ("España", "Iberia"), "IT": ("Italia",),
    "SE": ("Sverige", "Sweden"), "PL": ("Polska",), "AU": ("Australia",),
}  # fmt: skip
FREE_MAIL = (
    "gmail.com", "gmail.com", "gmail.com", "gmail.com", "yahoo.com", "yahoo.com", "hotmail.com", "outlook.com",
    "outlook.com", "icloud.com", "aol.com", "comcast.net", "gmx.de", "web.de", "t-online.de", "orange.fr",
    "proton.me", "btinternet.com", "googlemail.com", "live.com",
)  # fmt: skip
