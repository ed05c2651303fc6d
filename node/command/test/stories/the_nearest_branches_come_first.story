include shop
put_branch branch.key=soho branch.lat_e7=515136000 branch.lon_e7=-1365000 -> branch.key
put_branch branch.key=leeds branch.lat_e7=538008000 branch.lon_e7=-15491000 -> branch.key
put_branch branch.key=bow branch.lat_e7=515273000 branch.lon_e7=-206000 -> branch.key
put_branch branch.key=paris branch.lat_e7=488566000 branch.lon_e7=23522000 -> branch.key
nearest_branch lat_e7=515074000 lon_e7=-1278000 limit=2 -> items.0.branch.key items.0.metres items.1.branch.key items.1.metres
nearest_branch lat_e7=515074000 lon_e7=-1278000 -> items.2.branch.key items.3.branch.key
nearest_branch limit=21
----
done branch.key=soho
done branch.key=leeds
done branch.key=bow
done branch.key=paris
done items.0.branch.key=soho items.0.metres=915 items.1.branch.key=bow items.1.metres=7740
done items.2.branch.key=leeds
refused INVALID field=limit
